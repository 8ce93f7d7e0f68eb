import { cpSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from '../common/paths.ts';

/** What a run reads of this package. */
const ENTRIES = [
  ...['harness', 'suites', 'fixtures', 'node_modules', 'reports/conformance.schema.json'],
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'vitest.config.ts'],
];

/** Tests and what only they use, recorded evidence, and what compilers, debuggers and shells read of dependencies. */
const LEFT_OUT = [
  /^harness\/(.*\.test\.ts|(.*\/)?testing|faults|tasks)$/,
  /^fixtures\/(recorded|faults)$/,
  /^node_modules\/(\.|.*(\.d\.[cm]?ts|\.map)$)/,
];

/** Copies this package into a folder, to run from there without `npm ci`: its dependencies, but none for development. */
export function copyPackage(to: string): void {
  const development = developmentOnly();
  const isWanted = (path: string) => {
    const inside = relative(ROOT, path);
    return !development.has(inside) && !LEFT_OUT.some((pattern) => pattern.test(inside));
  };
  for (const entry of ENTRIES) {
    cpSync(join(ROOT, entry), join(to, entry), {
      recursive: true,
      filter: isWanted,
      dereference: true,
    });
  }
}

/** Folders of dependencies that the lock marks as `dev` (npm's package-lock.json format, «packages»). */
function developmentOnly(): ReadonlySet<string> {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  return new Set(Object.keys(packages).filter((path) => packages[path]?.dev === true));
}
