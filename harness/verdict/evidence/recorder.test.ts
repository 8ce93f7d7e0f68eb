import { mkdtempDisposableSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { CERTIFICATE, ecKey, linesOf, rsaKey } from '../../common/redact/testing/canary.ts';
import { EVIDENCE_LIMIT, EvidenceRecorder } from './recorder.ts';
import { Redactor } from '../../common/redact/redact.ts';
import { folderAt } from './testing/folder.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

function recorderIn(path: string): EvidenceRecorder {
  return new EvidenceRecorder(folderAt(path), new Redactor());
}

it('writes text as it is and objects as YAML, and says where', async () => {
  using out = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const recorder = recorderIn(out.path);
  expect(await recorder.write('trust.a', 'log.txt', 'hello\n')).toBe('evidence/trust.a/log.txt');
  const facts = { issuer: 'CN=mesh', chain: [CERTIFICATE.pem], long: 'word '.repeat(60) };
  expect(await recorder.write('trust.a', 'facts', facts)).toBe('evidence/trust.a/facts.yaml');
  expect(readFileSync(join(out.path, 'evidence/trust.a/log.txt'), 'utf8')).toBe('hello\n');
  expect(parse(readFileSync(join(out.path, 'evidence/trust.a/facts.yaml'), 'utf8'))).toEqual(facts);
});

it.each(['\u0085', '\u2028', '\u2029'])('lets no reader of YAML 1.1 see a line where %j is', async (lineBreak) => {
  using out = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const facts = {
    answer: `x${lineBreak}result: conformant`,
    lines: `first\nsecond${lineBreak}third: "\n`,
    [`a${lineBreak}b`]: [`'${lineBreak}: `],
  };
  await recorderIn(out.path).write('a', 'facts', facts);
  const text = readFileSync(join(out.path, 'evidence/a/facts.yaml'), 'utf8');
  expect(text).not.toContain(lineBreak);
  for (const version of ['1.1', '1.2'] as const) expect(parse(text, { version })).toEqual(facts);
});

it('never replaces a file, not even when asked at once', async () => {
  using out = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const [one, two] = [recorderIn(out.path), recorderIn(out.path)];
  const paths = await Promise.all([one, two, one].map((recorder, index) => recorder.write('a', 'x.log', `${index}`)));
  expect(paths.sort()).toEqual(['evidence/a/x-2.log', 'evidence/a/x-3.log', 'evidence/a/x.log']);
  expect(paths.map((path) => readFileSync(join(out.path, path), 'utf8')).sort()).toEqual(['0', '1', '2']);
});

it.each([
  ['../../etc/passwd', 'evidence/a/etc-passwd'],
  ['/etc/passwd', 'evidence/a/etc-passwd'],
  ['..', 'evidence/a/unnamed'],
  ['', 'evidence/a/unnamed'],
  ['.hidden', 'evidence/a/hidden'],
  ['a b\u0000\n"$(x)`é.txt', 'evidence/a/a-b-x-.txt'],
  ['C:\\x\\y.log', 'evidence/a/C-x-y.log'],
  [`${'n'.repeat(300)}.txt`, `evidence/a/${'n'.repeat(96)}.txt`],
])('makes a harmless file name of %j', async (name, expected) => {
  using out = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  expect(await recorderIn(out.path).write('a', name, '')).toBe(expected);
  expect(await recorderIn(out.path).write('../..', name, '')).toBe(expected.replace('/a/', '/unnamed/'));
  expect(readdirSync(out.path)).toEqual(['evidence']);
});

it('cuts long files in the middle and says how much', async () => {
  using out = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const path = await recorderIn(out.path).write('a', 'long.log', `start${'. '.repeat(EVIDENCE_LIMIT)}end`);
  const text = readFileSync(join(out.path, path), 'utf8');
  expect(statSync(join(out.path, path)).size).toBeLessThanOrEqual(EVIDENCE_LIMIT);
  expect(text).toMatch(/^start[. ]+\n\[… 1048712 of 2097160 bytes cut …\]\n[. ]+end$/);
});

it('keeps no trace of a key, whatever it came in', async () => {
  using out = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const redactor = new Redactor();
  const keys = [rsaKey('pkcs1'), rsaKey('pkcs8'), ecKey('sec1'), ecKey('pkcs8')];
  for (const key of keys) redactor.know(key);
  const recorder = new EvidenceRecorder(folderAt(out.path), redactor);
  for (const key of keys) {
    await recorder.write('canary', 'istiod.log', `info loaded key\n${key}\ninfo done\n${key.slice(0, -90)}`);
    await recorder.write('canary', 'tail.log', key.slice(70));
    await recorder.write('canary', 'body.log', linesOf(key).join('\n'));
    await recorder.write(
      'canary',
      'response.txt',
      `HTTP/1.1 200 OK\r\nx-key: ${encodeURIComponent(key)}\r\nx-b64: ${base64(key)}`,
    );
    await recorder.write('canary', 'dump.json', JSON.stringify({ key, nested: JSON.stringify({ key }) }));
    await recorder.write('canary', 'secret', {
      kind: 'Secret',
      stringData: { key },
      data: { key: base64(key), certificate: base64(CERTIFICATE.pem) },
    });
    await recorder.write('canary', 'escaped.txt', key.replaceAll('\n', '\\n'));
    for (const before of ['x', 'xy']) await recorder.write('canary', 'aligned.txt', base64(before + key));
    await recorder.write('canary', 'long.log', key.repeat(900));
  }

  const files = readdirSync(out.path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const kept = files.map((file) => readFileSync(join(file.parentPath, file.name), 'utf8')).join('\n');
  expect(files).toHaveLength(40);
  expect(kept).toContain(base64(CERTIFICATE.pem));
  for (const line of keys.flatMap(linesOf)) {
    // What base64 makes of the line wherever it starts in a group of three, without the edges that its neighbours shape.
    const encoded = ['', 'x', 'xy'].map((before) => base64(before + line).slice(4, -4));
    for (const trace of [line, ...encoded]) expect(kept).not.toContain(trace);
  }
});
