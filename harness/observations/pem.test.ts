import { beforeAll, describe, expect, it } from 'vitest';
import { createRoot } from '../verdict/trust/issue.ts';
import { readRoots } from './certificate.ts';
import { type PemReader, readPem } from './pem.ts';

// Whether it is really read so is asked of Go and of Envoys in harness/selftest/readers.oracle.test.ts.

let a: string;
let b: string;
beforeAll(async () => {
  const pemOf = async (commonName: string) => (await createRoot({ commonName })).certificate.pem;
  [a, b] = [await pemOf('A'), await pemOf('B')];
});

const named = (text: string, reader: PemReader) =>
  readRoots(text, reader).certificates.map(({ subjectCommonName }) => subjectCommonName);

describe.each(['Go', 'Envoy'] as const)('%s', (reader) => {
  it.each([
    ['plain text', () => a + b],
    ['text around it', () => `# A\n${a}\n# B\n${b}\nend`],
    ['CRLF', () => (a + b).replaceAll('\n', '\r\n')],
    ['no line end at the end', () => (a + b).trimEnd()],
    ['blanks at line ends', () => (a + b).replaceAll('\n', ' \n')],
  ])('reads %s', (_, text) => {
    expect(named(text(), reader)).toEqual(['A', 'B']);
    expect(readPem(text(), reader).passedOver).toEqual([]);
  });

  it.each([
    ['no line end between', () => a.trimEnd() + b, [], 'something follows on its END line'],
    ['a byte order mark', () => `\ufeff${a}${b}`, ['B'], 'a byte order mark stands before it'],
    ['an indented block', () => a.replaceAll(/^(?=.)/gm, '  ') + b, ['B'], 'it is indented'],
    ['CR for line ends', () => (a + b).replaceAll('\n', '\r'), [], 'its lines end in CR alone'],
  ])('does not read what comes with %s, and says why', (_, text, read, why) => {
    expect(named(text(), reader)).toEqual(read);
    const { passedOver } = readRoots(text(), reader);
    expect(passedOver[0]).toBe(`${reader} does not read block 1 of 2 (CERTIFICATE): ${why}`);
    expect(passedOver.join()).not.toContain('MII');
  });
});

it('one broken block spoils all for Envoy, while Go reads the others', () => {
  const text = a.replace(/\n-----END/, '%\n-----END') + b;
  expect(named(text, 'Go')).toEqual(['B']);
  expect(named(text, 'Envoy')).toEqual([]);
  expect(readRoots(text, 'Envoy').passedOver).toHaveLength(2);
});
