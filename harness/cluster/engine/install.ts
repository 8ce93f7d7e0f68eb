import { delimiter } from 'node:path';
import { which } from 'zx';
import { deadline } from '../../common/deadlines.ts';
import { environmentFailure } from '../../common/errors.ts';
import type { Progress } from '../../common/progress.ts';
import { run, RUN_MARKER } from '../../common/process.ts';

/** Where Debian puts daemons; not on every user's PATH. */
const DAEMONS = ['/usr/sbin', '/sbin', '/usr/local/sbin'];

/** Path of a program that this user may run; undefined where there is none. */
export function findProgram(name: string): string | undefined {
  const path = [process.env['PATH'] ?? '', ...DAEMONS].join(delimiter);
  return which.sync(name, { path, nothrow: true }) ?? undefined;
}

export const isEngineInstalled = () => findProgram('dockerd') !== undefined && findProgram('docker') !== undefined;

/** Installs Debian's container engine. */
export async function installEngine(progress: Progress, signal: AbortSignal): Promise<void> {
  await installPackages(['docker.io'], progress, signal);
}

/** Installs Debian packages; says so, since it changes the machine. */
export async function installPackages(
  packages: readonly string[],
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  if (findProgram('apt-get') === undefined || process.getuid?.() !== 0) {
    throw environmentFailure(`Missing on this machine: ${packages.join(', ')}.`, {
      next: 'Install it with the system’s package manager; meshtrust does so itself only as root on Debian or Ubuntu.',
    });
  }
  await progress.phase(`Install ${packages.join(', ')} (apt-get)`, async () => {
    // Not ended by an interrupt: a package manager that is killed leaves the machine half configured.
    const within = AbortSignal.timeout(deadline('engineInstall'));
    const apt = (...words: string[]) =>
      run(['apt-get', '-o', 'DPkg::Lock::Timeout=120', ...words], {
        // Without the run's marker: even after a kill a package manager must come to its end.
        env: { DEBIAN_FRONTEND: 'noninteractive', [RUN_MARKER]: '' },
        signal: within,
        next: 'Run the same apt-get command by hand to see what is wrong, or install the package another way.',
      });
    await apt('update');
    signal.throwIfAborted();
    await apt('install', '-y', '--no-install-recommends', ...packages);
    signal.throwIfAborted();
  });
}

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
