import { inspect } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import {
  CertificateError,
  describe,
  parseCertificate,
  parseCertificates,
  sameCertificate,
  sameRoots,
} from './certificate.ts';
import { type Authority, createIntermediate, createRoot, issueLeaf } from '../verdict/trust/issue.ts';
import { withBytes } from '../verdict/trust/testing/oracles.ts';

let root: Authority;
let intermediate: Authority;
const now = new Date('2026-01-02T03:04:05Z');

beforeAll(async () => {
  root = await createRoot({ country: 'CH', organization: 'SM', commonName: 'Root', now, algorithm: 'RSA-2048' });
  intermediate = await createIntermediate(root, { commonName: 'East', now, days: 10, pathLength: 0 });
});

/** A bundle whose second certificate has something replaced. */
const cut = (from: string, to: string): string => intermediate.certificate.pem + root.certificate.pem.replace(from, to);

test('a certificate is read as what it says', () => {
  expect(intermediate.certificate).toMatchObject({
    subject: 'CN=East',
    issuer: 'C=CH, O=SM, CN=Root',
    subjectCommonName: 'East',
    issuerCommonName: 'Root',
    notBefore: new Date('2026-01-02T03:02:05Z'),
    notAfter: new Date('2026-01-12T03:04:05Z'),
    isCa: true,
    pathLength: 0,
    keyUsages: ['keyCertSign', 'cRLSign'],
    extendedKeyUsages: undefined,
    uris: [],
    dnsNames: [],
    keyAlgorithm: 'P-256',
    authorityKeyIdentifier: { keyId: root.certificate.subjectKeyIdentifier },
  });
  expect(root.certificate.keyAlgorithm).toBe('RSA-2048');
  expect(root.certificate.pathLength).toBeUndefined();
});

test('a bundle is read in order, keys and text around its blocks passed over', () => {
  const bundle = `# east\r\n${intermediate.certificate.pem}${root.privateKey.pem()}\n${root.certificate.pem.replaceAll('\n', '\r\n')}`;
  expect(parseCertificates(bundle)).toEqual([intermediate.certificate, root.certificate]);
});

test('one line describes a certificate', () => {
  expect(describe(intermediate.certificate)).toMatch(
    /^"CN=East", issued by "C=CH, O=SM, CN=Root", valid 2026-01-02T03:02:05.000Z to 2026-01-12T03:04:05.000Z, sha256 [0-9a-f]{16}$/,
  );
});

const BAD: Record<string, [() => string, string]> = {
  nothing: [() => '', 'there is no CERTIFICATE block'],
  'a key only': [() => root.privateKey.pem(), 'there is no CERTIFICATE block'],
  'no base64': [() => cut('MII', '%%%'), 'certificate 2 of 2 is bad: it is not base64'],
  'no end': [() => cut('-----END CERTIFICATE-----', ''), 'certificate 2 of 2 is bad: its END line is missing'],
  'no DER': [() => cut('MII', 'AII'), 'certificate 2 of 2 is bad: '],
  'half a certificate': [() => cut(root.certificate.pem.slice(200, 600), ''), 'certificate 2 of 2 is bad: '],
};

test.for(Object.entries(BAD))('%s is refused with the place', ([, [text, message]]) => {
  expect(() => parseCertificates(text())).toThrow(CertificateError);
  expect(() => parseCertificates(text())).toThrow(message);
});

const damaged = (from: string, to: string) => () =>
  withBytes(root.certificate, (der) => Buffer.from(to, 'latin1').copy(der, der.indexOf(from)));

test.for([
  ['a validity that is no time', '260102030205Z', '26010203xx05Z', 'its validity is not a time'],
  ['a wrong length', '\x06\x03\x55\x04\x03', '\x06\x04\x55\x04\x03', ''],
] as const)('%s is refused, though the ASN.1 library would take it', ([, from, to, message]) => {
  expect(damaged(from, to)).toThrow(CertificateError);
  expect(damaged(from, to)).toThrow(message);
});

test('a message never quotes what was read', () => {
  const key = root.privateKey.pem();
  const disguised = key.replaceAll('PRIVATE KEY', 'CERTIFICATE');
  const unended = `-----BEGIN CERTIFICATE-----\n${key}`;
  for (const text of [disguised, unended]) {
    const message = messageOf(() => parseCertificates(text));
    for (const line of key.split('\n').filter((one) => one.length > 20)) expect(message).not.toContain(line);
  }
});

const messageOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return inspect(error, { depth: Infinity, showHidden: true });
  }
  throw new Error('nothing was thrown');
};

test('an extension that occurs twice is refused', async () => {
  const others = [{ oid: '2.5.29.19', critical: true, value: new Uint8Array([0x30, 0]) }];
  await expect(createRoot({ commonName: 'Twice', others })).rejects.toThrow('the same extension twice');
});

test('exactly one certificate is wanted', () => {
  expect(parseCertificate(root.certificate.pem)).toEqual(root.certificate);
  expect(() => parseCertificate(root.certificate.pem.repeat(2))).toThrow(
    'expected one certificate, the PEM text holds 2',
  );
});

test('certificates are the same by their bytes, roots by their set', async () => {
  const [a, b] = [root.certificate, intermediate.certificate];
  const renewed = (await createRoot({ ...subjectOfRoot, privateKey: root.privateKey })).certificate;
  expect(renewed.keyFingerprint).toBe(a.keyFingerprint);
  expect(sameCertificate(a, parseCertificate(a.pem))).toBe(true);
  expect(sameCertificate(a, renewed)).toBe(false);
  const damaged = withBytes(a, (der) => der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1));
  expect(sameCertificate(a, damaged)).toBe(false);
  expect(sameRoots([a, b], [b, a, a])).toBe(true);
  expect(sameRoots([a], [a, b])).toBe(false);
  expect(sameRoots([a, b], [a])).toBe(false);
  expect(sameRoots([], [])).toBe(true);
});

const subjectOfRoot = { country: 'CH', organization: 'SM', commonName: 'Root' };

test('a workload certificate without a subject is called by its URI', async () => {
  const { certificate } = await issueLeaf(intermediate, { spiffeId: 'spiffe://a.b/ns/c/sa/d', now });
  expect(describe(certificate)).toMatch(/^spiffe:\/\/a\.b\/ns\/c\/sa\/d, issued by "CN=East"/);
});
