import { execFileSync } from 'node:child_process';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { verdictSentence, verifyChain } from './chain.ts';
import { createIntermediate, createRoot, issueLeaf, PrivateKey } from './issue.ts';

const spiffeId = 'spiffe://mesh.local/ns/shop/sa/cart';
const article = { country: 'CH', organization: 'SM' };

test('a root, an intermediate and a leaf make a chain', async () => {
  const root = await createRoot({ ...article, commonName: 'Root CA' });
  const east = await createIntermediate(root, { ...article, commonName: 'East CA' });
  const leaf = await issueLeaf(east, { spiffeId, hours: 1 });
  expect(root.certificate.subject).toBe('C=CH, O=SM, CN=Root CA');
  expect(leaf.chain).toEqual([leaf.certificate, east.certificate, root.certificate]);
  expect(leaf.certificate).toMatchObject({
    subject: '',
    uris: [spiffeId],
    isCa: false,
    extendedKeyUsages: ['serverAuth', 'clientAuth'],
  });
  const verdict = verifyChain([leaf.certificate, east.certificate], [root.certificate], {
    purpose: 'clientAuth',
  });
  expect(verdictSentence(verdict)).toBe(
    `trusted: ${spiffeId} issued by "C=CH, O=SM, CN=East CA" issued by "C=CH, O=SM, CN=Root CA"`,
  );
});

test('openssl reads in a certificate what was asked for', async () => {
  const { certificate } = await createRoot({ ...article, commonName: 'Root, "CA"', pathLength: 1 });
  const text = execFileSync('openssl', ['x509', '-noout', '-text', '-nameopt', 'RFC2253'], {
    input: certificate.pem,
    encoding: 'utf8',
  });
  expect(text).toContain('Subject: CN=Root\\, \\"CA\\",O=SM,C=CH');
  expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:1/);
  expect(text).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign/);
});

test.for(['RSA-2048', 'P-256'] as const)('the %s key is PKCS#8 and belongs to its certificate', async (algorithm) => {
  const { certificate, privateKey } = await createRoot({ commonName: 'Root', algorithm });
  expect(privateKey.pem()).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  const openssl = (args: string[], input: string) => execFileSync('openssl', args, { input, encoding: 'utf8' });
  expect(openssl(['pkey', '-pubout'], privateKey.pem())).toBe(openssl(['x509', '-noout', '-pubkey'], certificate.pem));
  expect(certificate.keyAlgorithm).toBe(algorithm);
});

test('a key given from outside is certified again', async () => {
  const privateKey = await PrivateKey.generate('P-256');
  const [one, other] = await Promise.all(['One', 'Other'].map((commonName) => createRoot({ commonName, privateKey })));
  expect(one?.certificate.keyFingerprint).toBe(other?.certificate.keyFingerprint);
  expect(one?.certificate.serial).not.toBe(other?.certificate.serial);
});

test('nothing but pem() gives a private key away', async () => {
  const authority = await createRoot({ commonName: 'Root' });
  const base64 = authority.privateKey.pem().split('\n').slice(1, -2).join('').slice(40);
  const printed = [
    JSON.stringify(authority),
    JSON.stringify(authority.privateKey),
    String(authority.privateKey),
    inspect(authority, { depth: Infinity, showHidden: true }),
    inspect(Object.entries(authority), { depth: Infinity, getters: true, customInspect: false }),
  ];
  for (const text of printed) {
    expect(text).not.toContain('PRIVATE KEY');
    expect(text.replace(/[^A-Za-z0-9+/]/g, '')).not.toContain(base64.slice(0, 40));
  }
  expect(String(authority.privateKey)).toBe('[private key redacted]');
});

test('keys come about at the same time, off the main thread', async () => {
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 5);
  await Promise.all([1, 2, 3].map(() => PrivateKey.generate('RSA-2048')));
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(0);
});
