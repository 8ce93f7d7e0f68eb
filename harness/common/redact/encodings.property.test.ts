import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linesOf } from './testing/canary.ts';
import { KNOWN_ONLY, LOG, RECOGNISABLE } from './testing/encodings.ts';
import { privateBytes } from './pem.ts';
import { Redactor } from './redact.ts';

// Private keys in every encoding of the table, somewhere in a text that nobody chose, and not a trace of them after.

const pemOf = ({ privateKey }: { privateKey: KeyObject }, type: 'pkcs1' | 'sec1' | 'pkcs8') =>
  privateKey.export({ type, format: 'pem' }) as string;
type Pair = readonly [planted: string, other: string];
// RSA keys take long to make: these have to do.
const rsa = [0, 1].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }));
const rsaPair = (type: 'pkcs1' | 'pkcs8') => rsa.map((pair) => pemOf(pair, type)) as unknown as Pair;
const ec = (type: 'sec1' | 'pkcs8') => pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }), type);
const ed25519 = () => pemOf(generateKeyPairSync('ed25519'), 'pkcs8');
/** Two keys of a kind: one to plant, one to tell what of an encoded key is the same for every key. */
const KINDS: Readonly<Record<string, () => Pair>> = {
  'RSA in PKCS#8': () => rsaPair('pkcs8'),
  'RSA in PKCS#1': () => rsaPair('pkcs1'),
  'EC in PKCS#8': () => [ec('pkcs8'), ec('pkcs8')],
  'EC in SEC 1': () => [ec('sec1'), ec('sec1')],
  Ed25519: () => [ed25519(), ed25519()],
};

const word = fc.constantFrom('istiod', 'info', 'issuer', 'CN=mesh', '404', 'of', '-', '|80||', 'a/b', '"x":', '{}');
const line = fc.oneof(
  fc.array(word, { maxLength: 9 }).map((words) => words.join(' ')),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const lines = fc.array(line, { maxLength: 5 }).map((all) => all.join('\n'));
/** What stands right before and after the key. */
const hedge = fc.constantFrom(
  ['\n', '\n'],
  [' ', ' '],
  ['"', '"'],
  ['\n  ', '\n'],
  [' key=', ';\n'],
  ['>', '<'],
  [': ', '\r\n'],
);
const scene = fc.record({ before: lines, after: lines, hedge, kind: fc.constantFrom(...Object.keys(KINDS)) });

// Behind a line that ends with `=` the first word of the next may go with it, as quoted-printable has it (RFC 2045, 6.7).
const CALM = ['all was well before', ' all is well again'] as const;
const RUNS = { seed: 20_260_504, numRuns: 6 };
const LENGTH = 16;

const windows = (text: string, length: number) =>
  Array.from({ length: Math.max(0, text.length - length + 1) }, (_, at) => text.slice(at, at + length));

/** Pieces of `text` that only this key explains: they are in the encoded key, and not in another one's. */
function pieces(text: string, encode: (pem: string) => string, pem: string, other: string): string[] {
  // Where the lines are wrapped says nothing about a key.
  const [result, own, foreign] = [text, encode(pem), encode(other)].map((one) =>
    windows(one.replaceAll(LOG, '').replace(/=?\r?\n/g, ''), LENGTH),
  );
  const [explained, common] = [new Set(own), new Set(foreign)];
  return result!.filter((piece) => explained.has(piece) && !common.has(piece));
}

/** Sixteen private bytes in a row, in `text` or in what its words decode to. */
function traces(text: string, pem: string): string[] {
  const secrets = new Set(privateBytes(pem).flatMap((bytes) => windows(bytes.toString('latin1'), 16)));
  const found: string[] = [];
  const look = (bytes: string, depth: number): void => {
    found.push(...windows(bytes, 16).filter((piece) => secrets.has(piece)));
    if (depth === 0) return;
    for (const [run] of bytes.replaceAll('\0', '').matchAll(/[\w+/:-]{20,}/g)) {
      for (const cut of [0, 1, 2, 3]) look(Buffer.from(run.slice(cut), 'base64').toString('latin1'), depth - 1);
      for (const cut of [0, 1]) look(Buffer.from(run.replaceAll(':', '').slice(cut), 'hex').toString('latin1'), 0);
      for (const cut of [0, 1, 2, 3, 4, 5, 6, 7]) look(fromBase32(run.slice(cut)), 0);
    }
  };
  look(text, 2);
  return found;
}

function fromBase32(text: string): string {
  const digits = Array.from(text, (letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter));
  const bits = digits.map((digit) => Math.max(digit, 0).toString(2).padStart(5, '0')).join('');
  return (bits.match(/.{8}/g) ?? []).map((byte) => String.fromCharCode(Number.parseInt(byte, 2))).join('');
}

type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never;

/** Plants a key, redacts the text and looks for what is left of the key; `wholly`: for its public half, too. */
function plant(
  encode: (pem: string) => string,
  { before, after, hedge, kind }: Scene,
  knows: boolean,
  wholly: boolean,
) {
  const [pem, other] = KINDS[kind]!();
  const redactor = new Redactor();
  if (knows) redactor.know(pem);
  const text = [before, '\n', CALM[0], hedge[0], encode(pem), hedge[1], 'and', CALM[1], '\n', after].join('');
  const result = redactor.redact(text);
  expect(traces(result, pem)).toEqual([]);
  if (wholly) {
    expect(pieces(result, encode, pem, other)).toEqual([]);
    for (const one of linesOf(pem)) expect(result).not.toContain(one);
  }
  for (const calm of CALM) expect(result).toContain(calm);
  expect(redactor.redact(result)).toBe(result);
}

type Encode = (pem: string) => string;
const planted = (encode: Encode, knows: boolean, wholly: boolean) =>
  fc.assert(
    fc.property(scene, (plan) => plant(encode, plan, knows, wholly)),
    RUNS,
  );

describe.each(Object.entries(RECOGNISABLE))('%s', (name, encode) => {
  // A JWK keeps its public half.
  const wholly = !name.startsWith('JWK');

  it('is taken out by who knows the key', () => planted(encode, true, wholly));
  it('is taken out by who does not know the key', () => planted(encode, false, wholly));
  it.each(Object.entries(KINDS))('would be noticed if it were left: %s', (_kind, make) => {
    const [pem, other] = make();
    expect(wholly ? pieces(encode(pem), encode, pem, other) : traces(encode(pem), pem)).not.toEqual([]);
  });
});

describe.each(Object.entries(KNOWN_ONLY))('%s', (_name, encode) => {
  // Without markers those lines stay that a certificate shows as well.
  it('is taken out by who knows the key', () => planted(encode, true, false));
  it.each(Object.entries(KINDS))('would be noticed if it were left: %s', (_kind, make) => {
    const [pem] = make();
    expect(traces(encode(pem), pem)).not.toEqual([]);
  });
});
