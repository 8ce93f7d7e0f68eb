import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { run } from './process.ts';

afterEach(() => vi.unstubAllEnvs());

// As under systemd, in a container or in CI: no shell around the program.
it.each([undefined, '0'])('leaves the user’s start-up files unread, SHLVL being %s', async (level) => {
  using home = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-home-'));
  writeFileSync(join(home.path, '.bashrc'), 'export PLANTED=read\n');
  vi.stubEnv('HOME', home.path);
  vi.stubEnv('SHLVL', level);
  expect(await run(['printenv', 'HOME'])).toBe(`${home.path}\n`);
  expect(await run(['env'])).not.toContain('PLANTED');
});
