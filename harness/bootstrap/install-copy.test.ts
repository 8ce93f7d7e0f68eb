import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempDisposableSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ROOT } from './paths.mjs';
import { isPackage, installCopy } from './install-copy.mjs';

afterEach(() => vi.unstubAllEnvs());

function put(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

describe('installCopy', () => {
  it('leaves a clone where it is', () => {
    expect(installCopy(ROOT)).toBe(ROOT);
    expect(isPackage(ROOT)).toBe(false);
  });

  it('copies a package into the cache once, its dependencies left out, and another version beside it', () => {
    using box = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
    vi.stubEnv('XDG_CACHE_HOME', join(box.path, 'cache'));
    const installed = join(box.path, 'node_modules', 'meshtrust');
    put(installed, { 'packed-lock.json': 'lock', 'harness/cli/main.ts': 'one', 'node_modules/zx/index.js': 'zx' });
    const home = installCopy(installed);
    expect(readdirSync(home, { recursive: true }).sort()).toEqual(
      [
        'harness',
        join('harness', 'cli'),
        join('harness', 'cli', 'main.ts'),
        'package-lock.json',
        'packed-lock.json',
      ].sort(),
    );
    expect(readFileSync(join(home, 'package-lock.json'), 'utf8')).toBe('lock');
    expect(isPackage(home)).toBe(true);
    put(home, { 'node_modules/.installed-from-lock': '' });
    expect(installCopy(installed)).toBe(home);
    put(installed, { 'harness/cli/main.ts': 'two' });
    expect(installCopy(installed)).not.toBe(home);
    expect(readdirSync(join(box.path, 'cache', 'meshtrust', 'packages'))).toHaveLength(2);
  });
});

it('packs the claims, the fixtures and the way in, but no unit test', () => {
  const words = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const printed = execFileSync('npm', words, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const [{ files }] = JSON.parse(printed) as [{ files: { path: string }[] }];
  const paths = files.map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining([
      'harness/bootstrap/meshtrust.mjs',
      'suites/trust/split.test.ts',
      'suites/trust/split.yaml',
      'fixtures/lab/bookinfo.yaml',
      'reports/conformance.schema.json',
      'vitest.config.ts',
    ]),
  );
  expect(
    paths.filter((path) => /^harness\/(.*\.test\.ts$|.*\/testing\/|faults|tasks)|^reports\/2|^node_modules/.test(path)),
  ).toEqual([]);
});
