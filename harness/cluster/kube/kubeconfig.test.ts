import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openKubeconfig } from './kubeconfig.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'meshtrust-kubeconfig-'));
  vi.stubEnv('HOME', home);
  vi.stubEnv('KUBECONFIG', '');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

/** A kubeconfig with a context for each name, the first of them current. */
function write(...names: string[]): string {
  const file = join(home, `${names.join('-')}.yaml`);
  const clusters = names.map((name) => ({ name, cluster: { server: `https://${name}.example:6443` } }));
  const users = names.map((name) => ({ name, user: {} }));
  const contexts = names.map((name) => ({ name, context: { cluster: name, user: name } }));
  writeFileSync(file, JSON.stringify({ clusters, users, contexts, 'current-context': names[0] }));
  return file;
}

describe('openKubeconfig', () => {
  it('takes the current context, or the one that is named', () => {
    const file = write('a', 'b');
    expect(openKubeconfig(file, {})).toMatchObject({ context: 'a', server: 'https://a.example:6443' });
    expect(openKubeconfig(file, { context: 'b' })).toMatchObject({ context: 'b', server: 'https://b.example:6443' });
  });

  it('takes the files of KUBECONFIG where none is named, all of them', () => {
    vi.stubEnv('KUBECONFIG', [write('a'), write('b')].join(delimiter));
    expect(openKubeconfig(undefined, { context: 'a' }).server).toBe('https://a.example:6443');
    expect(openKubeconfig(undefined, { context: 'b' }).server).toBe('https://b.example:6443');
  });

  it.each([
    [
      'a context that is not there',
      () => openKubeconfig(write('a', 'b'), { context: 'c' }),
      /no context 'c'\.\nIt has: a, b\./,
    ],
    [
      'a file that is not there',
      () => openKubeconfig(join(home, 'no'), {}),
      /The kubeconfig .*no cannot be read: ENOENT/,
    ],
    ['no file at all', () => openKubeconfig(undefined, {}), /There is no kubeconfig\.\nName one with --kubeconfig/],
    [
      'no current context',
      () => openKubeconfig(write(), {}),
      /has no current context\.\nChoose a context: there is none/,
    ],
  ])('says what to do about %s', (_, open, message) => {
    expect(open).toThrow(expect.objectContaining({ kind: 'usage', message: expect.stringMatching(message) as string }));
  });
});
