import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Failure } from '../../common/errors.ts';
import { folderAt } from '../evidence/testing/folder.ts';
import { buildReport } from './build.ts';
import { reportDigest } from './digest.ts';
import { BROKEN, EXAMPLE } from './testing/example.ts';
import { readIntact, readReport } from './read.ts';
import { writeReport } from './write.ts';
import { renderYaml } from './yaml.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'meshtrust-read-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const report = buildReport(EXAMPLE);

/** What reading a file with this text is refused with. */
function refused(text: string): Failure {
  const file = join(folder, 'conformance.yaml');
  writeFileSync(file, text);
  try {
    readReport(file);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it was read');
}

it('reads what a run wrote, from the file or its folder', async () => {
  await writeReport(folderAt(folder), report);
  expect(readReport(folder)).toEqual(report);
  expect(readReport(join(folder, 'conformance.yaml'))).toEqual(report);
});

it.each([
  [
    'a file that is not there',
    'nope.yaml',
    /nope\.yaml cannot be read: ENOENT.*\nName a conformance\.yaml, or the folder/,
  ],
  ['a folder without a report', '.', /conformance\.yaml cannot be read: ENOENT.*\nName a conformance\.yaml/],
])('says what to name instead of %s', (_, path, message) => {
  expect(() => readReport(join(folder, path))).toThrow(message);
});

it.each([
  ['no YAML', 'a: [', /conformance\.yaml is no report of meshtrust\.\nName .*\n {2}\| Flow sequence/],
  ['nothing', '', /\n {2}\| \/ must be object$/],
  ['another thing', 'kind: Pod', /\n {2}\| \/ must have required property 'apiVersion'\n(.*\n){4} {2}\| and \d+ more$/],
  ['a wrong status', renderYaml(report).replace('status: passed', 'status: fine'), /\/claims\/0\/status must be equal/],
])('refuses %s, with the file and what is wrong', (_, text, message) => {
  const failure = refused(text);
  expect(failure.message).toMatch(message);
  expect(failure.kind).toBe('usage');
});

it('lets a strange file steer no terminal', () => {
  expect(refused(`${renderYaml(report)}"\\e[31mred": 1\n`).message).toMatch(/additional properties: red/);
  expect(refused('\u001b[31m: [').message).not.toContain('\u001b');
});

it('says where an intact report was read from', async () => {
  await writeReport(folderAt(folder), report);
  const file = join(folder, 'conformance.yaml');
  expect(readIntact(folder)).toEqual({ file, folder, report });
  expect(readIntact(file)).toEqual({ file, folder, report });
});

it('takes what a terminal would obey out of the text of others', () => {
  const hostile = { ...buildReport(BROKEN), notes: ['\u001b[2Jgone'] };
  writeFileSync(join(folder, 'conformance.yaml'), renderYaml({ ...hostile, digest: reportDigest(hostile) }));
  expect(readIntact(folder).report.notes).toEqual(['gone']);
});

it('refuses a report that was changed where it has to be intact', () => {
  const file = join(folder, 'conformance.yaml');
  writeFileSync(file, renderYaml(report).replace('status: failed', 'status: skipped'));
  expect(readReport(file).claims).toHaveLength(report.claims.length);
  expect(() => readIntact(file)).toThrow(`${file} was changed after it was written`);
});
