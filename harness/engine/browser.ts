import { findProgram, installPackages } from './install.ts';
import type { Progress } from '../progress.ts';

/** Debian's package, and what most other machines have. */
const PROGRAMS = ['chromium', 'google-chrome'];

/** Path of a browser that the tests of `report.html` can drive; undefined where there is none. */
export function findBrowser(): string | undefined {
  return PROGRAMS.map(findProgram).find((path) => path !== undefined);
}

/** Installs Debian's Chromium where there is no browser; fails with what to do where that cannot be done. */
export async function ensureBrowser(progress: Progress, signal: AbortSignal): Promise<void> {
  if (findBrowser() === undefined) await installPackages(['chromium'], progress, signal);
}
