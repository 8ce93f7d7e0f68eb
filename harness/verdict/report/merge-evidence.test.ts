import { mkdirSync, mkdtempDisposableSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { folderAt } from '../evidence/testing/folder.ts';
import { shardReport } from './testing/example.ts';
import { copyEvidence, mergedPath } from './merge-evidence.ts';

const report = shardReport('2/3', 'trust.split');
const shard = { index: 2, count: 3 };

it.each([
  ['evidence/trust.split.fails/a.txt', 'evidence/trust.split.fails/a.txt'],
  ['evidence/lab/istiod/log.txt', 'evidence/shard-2/lab/istiod/log.txt'],
  ['evidence/trust.manual.peer/a.txt', 'evidence/shard-2/trust.manual.peer/a.txt'],
  ['evidence/readme.txt', 'evidence/shard-2/readme.txt'],
  ['elsewhere/lab', 'elsewhere/lab'],
])('%s becomes %s', (path, becomes) => {
  expect(mergedPath(path, shard, report)).toBe(becomes);
});

function write(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

it('copies what lies below evidence/, follows no link and replaces nothing', async () => {
  using box = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const [from, to] = [join(box.path, 'from'), join(box.path, 'to')];
  write(from, 'conformance.yaml', 'not evidence');
  write(from, 'evidence/trust.split.fails/a.txt', 'one');
  write(from, 'evidence/lab/log.txt', 'two');
  write(box.path, 'secret', 'of this machine');
  symlinkSync(join(box.path, 'secret'), join(from, 'evidence', 'lab', 'file'));
  symlinkSync(box.path, join(from, 'evidence', 'lab', 'folder'));
  await copyEvidence(from, folderAt(to), shard, report);
  const copied = (await readdir(to, { recursive: true })).filter((path) => path.endsWith('.txt')).sort();
  expect(copied).toEqual(['evidence/shard-2/lab/log.txt', 'evidence/trust.split.fails/a.txt']);
  expect(await readdir(join(to, 'evidence', 'shard-2', 'lab'))).toEqual(['log.txt']);
  expect(copied.map((path) => readFileSync(join(to, path), 'utf8'))).toEqual(['two', 'one']);
  await expect(copyEvidence(from, folderAt(to), shard, report)).rejects.toThrow('is there already');
});

it('copies nothing from a run that has seen nothing', async () => {
  using box = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  await copyEvidence(box.path, folderAt(join(box.path, 'to')), shard, report);
  expect(await readdir(box.path)).toEqual([]);
});
