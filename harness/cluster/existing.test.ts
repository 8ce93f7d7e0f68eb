import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openExisting } from './existing.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meshtrust-existing-'));
  file = join(folder, 'kubeconfig.yaml');
  const names = ['production', 'testing'];
  const clusters = names.map((name) => ({ name, cluster: { server: `https://${name}.example:6443` } }));
  const users = names.map((name) => ({ name, user: {} }));
  const contexts = names.map((name) => ({ name, context: { cluster: name, user: name } }));
  writeFileSync(file, JSON.stringify({ clusters, users, contexts, 'current-context': 'production' }));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('takes the context that is named', () => {
  expect(openExisting({ file, context: 'testing' })).toMatchObject({
    context: 'testing',
    server: 'https://testing.example:6443',
  });
});

it('takes the current context where the address of its server is confirmed', () => {
  expect(openExisting({ file, server: 'https://production.example:6443/' })).toMatchObject({ context: 'production' });
});

it.each([
  [
    'nothing says which cluster is meant',
    {},
    "say which one is meant.\nName its context (--context; there are: production, testing), or confirm that the current one, 'production', is meant: --server https://production.example:6443",
  ],
  [
    'the current context leads elsewhere',
    { server: 'https://testing.example:6443' },
    "The context 'production' leads to https://production.example:6443, not to https://testing.example:6443.\nNothing was changed.",
  ],
  [
    'the named context leads elsewhere',
    { context: 'testing', server: 'https://production.example:6443' },
    "The context 'testing' leads to https://testing.example:6443, not to",
  ],
  ['there is no such context', { context: 'staging' }, "has no context 'staging'.\nIt has: production, testing."],
])('refuses where %s', (_, choice, message) => {
  expect(() => openExisting({ file, ...choice })).toThrow(
    expect.objectContaining({ kind: 'usage', message: expect.stringContaining(message) as string }),
  );
});
