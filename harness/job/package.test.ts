import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deadline } from '../common/deadlines.ts';
import { copyPackage } from './package.ts';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'meshtrust-package-'));
  copyPackage(home);
}, deadline('claimGroup'));
afterAll(() => rmSync(home, { recursive: true, force: true }), deadline('claimGroup'));

const node = (...words: string[]) =>
  execFileSync(process.execPath, words, {
    cwd: home,
    env: { ...process.env, XDG_CACHE_HOME: join(home, 'cache'), NO_COLOR: '1' },
    encoding: 'utf8',
  });

it('runs from where it is copied to', () => {
  const shard = ['--only', 'trust.split.*', '--shard', '2/2', '--out', 'out'];
  expect(node(join('harness', 'cli', 'main.ts'), 'run', ...shard)).toContain('nothing to judge');
});

it('finds the claims there', () => {
  const vitest = join('node_modules', 'vitest', 'vitest.mjs');
  expect(node(vitest, 'list', '--filesOnly', '--project', 'conformance')).toContain('suites/trust/split.test.ts');
});

it('has nothing that only developers need', () => {
  expect(existsSync(join(home, 'node_modules', 'commander'))).toBe(true);
  for (const name of ['typescript', 'testcontainers', '.bin']) {
    expect(existsSync(join(home, 'node_modules', name)), name).toBe(false);
  }
  const files = readdirSync(home, { recursive: true }).map(String);
  expect(
    files.filter(
      (path) =>
        !path.startsWith('suites/') &&
        !path.startsWith('node_modules/') &&
        /\.test\.ts$|\/testing\/|^harness\/(faults|tasks)|^fixtures\/(recorded|faults)/.test(path),
    ),
  ).toEqual([]);
});
