import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildReport } from './build.ts';
import { digestOf } from './digest.ts';
import { BROKEN, EXAMPLE } from './example.ts';
import { readReport } from './read.ts';
import { renderYaml } from './yaml.ts';

const report = buildReport(EXAMPLE);
const text = renderYaml(report);

it('reads a folder or the file in it', () => {
  using box = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const file = join(box.path, 'conformance.yaml');
  writeFileSync(file, text);
  expect(readReport(box.path)).toEqual({ file, folder: box.path, report });
  expect(readReport(file)).toEqual({ file, folder: box.path, report });
});

it('takes what a terminal would obey out of the text of others', () => {
  using box = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const notes = ['\u001b[2Jgone'];
  const hostile = { ...buildReport(BROKEN), notes };
  writeFileSync(join(box.path, 'conformance.yaml'), renderYaml({ ...hostile, digest: digestOf(hostile) }));
  expect(readReport(box.path).report.notes).toEqual(['gone']);
});

it.each([
  ['a report that was changed', text.replace('status: failed', 'status: skipped'), /was changed after it was written/],
  ['what is no report', 'kind: Pod\n', /is no report of meshtrust.*\n.*\n.*must have required property/s],
  ['what is no YAML', 'a: [', /is not YAML/],
])('refuses %s', (_, content, message) => {
  using box = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  writeFileSync(join(box.path, 'conformance.yaml'), content);
  expect(() => readReport(box.path)).toThrow(expect.objectContaining({ kind: 'usage' }) as Error);
  expect(() => readReport(box.path)).toThrow(message);
});

it('refuses a folder without a report and a path that is not there', () => {
  using box = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  for (const path of [box.path, join(box.path, 'nope')]) {
    expect(() => readReport(path)).toThrow(`There is no report at ${path}: ENOENT`);
  }
});
