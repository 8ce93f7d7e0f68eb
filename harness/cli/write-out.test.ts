import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeOut } from './write-out.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'meshtrust-out-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('writes a file, and again over it', () => {
  const file = join(folder, 'graph.json');
  for (const text of ['one', 'two']) {
    writeOut(file, text);
    expect(readFileSync(file, 'utf8')).toBe(text);
  }
  expect(readdirSync(folder)).toEqual(['graph.json']);
});

it.each([
  ['below a file', '/dev/null/x', /^\/dev\/null\/x cannot be written: ENOTDIR.*\nChoose another with --out\.$/],
  ['in a folder that is not there', '/nope/x', /^\/nope\/x cannot be written: ENOENT/],
])('says why it cannot write %s', (_, file, message) => {
  expect(() => writeOut(file, 'x')).toThrow(message);
});

it('does not put a file in the place of a folder, and leaves nothing behind', () => {
  mkdirSync(join(folder, 'taken'));
  expect(() => writeOut(join(folder, 'taken'), 'x')).toThrow(/taken cannot be written: EISDIR/);
  expect(readdirSync(folder)).toEqual(['taken']);
});

it('writes to a pipe, and does not replace it', () => {
  const file = join(folder, 'out');
  symlinkSync('/dev/stdout', file);
  const script = `import { writeOut } from ${JSON.stringify(new URL('write-out.ts', import.meta.url).href)};
    writeOut(${JSON.stringify(file)}, 'through');`;
  // What Node itself makes for a child is a socket.
  const pipe = '"$0" --input-type=module --eval "$1" | cat';
  const { stdout } = spawnSync('sh', ['-c', pipe, process.execPath, script]);
  expect(stdout.toString()).toBe('through');
});
