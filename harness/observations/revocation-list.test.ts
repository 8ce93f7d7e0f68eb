import { beforeAll, expect, it } from 'vitest';
import { type Authority, createIntermediate, createRoot, issueRevocationList } from '../verdict/trust/issue.ts';
import { parseRevocationLists } from './revocation-list.ts';
import { x509 } from './x509.ts';

const soon = new Date(Date.now() + 86_400_000);
let root: Authority;
let ca: Authority;
beforeAll(async () => {
  root = await createRoot({ commonName: 'Root' });
  ca = await createIntermediate(root, { commonName: 'CA' });
});

it('a list is read as it was issued: by whom, for how long, and who is revoked', async () => {
  const [list, ...others] = parseRevocationLists(await issueRevocationList(root, [ca.certificate], { days: 1 }));
  expect(others).toEqual([]);
  expect(list).toMatchObject({ issuer: 'CN=Root', revoked: new Set([ca.certificate.serial]), criticalExtensions: [] });
  expect(list?.isSignedBy(root.certificate)).toBe(true);
  expect(list?.isSignedBy(ca.certificate)).toBe(false);
});

it.each([
  // The library gives an entry without a reason an empty list of extensions.
  ['an entry has an empty list of extensions, with which Envoy 1.38 refuses it', { nextUpdate: soon }, {}],
  ['it has no end, for which the library passes over its entries', {}, { reason: x509.X509CrlReason.cACompromise }],
])('a list that is not read whole is refused: %s', async (_, options, entry) => {
  const { certificate, privateKey } = root;
  const list = await x509.X509CrlGenerator.create({
    issuer: new x509.X509Certificate(certificate.pem).subjectName,
    entries: [{ serialNumber: ca.certificate.serial, ...entry }],
    signingAlgorithm: { name: privateKey.publicKey.algorithm.name, hash: 'SHA-256' },
    signingKey: privateKey.signingKey(),
    ...options,
  });
  const good = await issueRevocationList(root);
  expect(() => parseRevocationLists(good + x509.PemConverter.encode(list.rawData, 'X509 CRL'))).toThrow(
    'revocation list 2 of 2 is bad: not all of it can be read',
  );
});
