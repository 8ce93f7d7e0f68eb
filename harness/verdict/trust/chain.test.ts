import { describe, expect, test } from 'vitest';
import { CertificateError } from '../../observations/certificate.ts';
import { verdictSentence, verifyChain } from './chain.ts';
import { createRoot, PrivateKey } from './issue.ts';
import { nameConstraintViolation } from './name-constraints.ts';
import { ENVOY } from './readers/envoy.ts';
import { GO } from './readers/go.ts';
import { CHAINS, intermediate, later, leafOf, names, root, stranger, three } from './testing/chains.ts';
import { opensslVerify } from './testing/oracles.ts';

// What the real programs say of the same chains is asked in harness/selftest/readers.oracle.test.ts.
// Finding the primes of an RSA key takes as long as it takes.
describe('each reader by its own rules', { timeout: 60_000 }, () => {
  test.for(Object.entries(CHAINS))('%s', async ([, [envoy, make, go = envoy]]) => {
    const { presented, roots, ...options } = await make();
    const verdicts = [ENVOY, GO].map((reader) => verifyChain(presented, roots, { ...options, reader }));
    const told = verdicts.map((verdict) => (verdict.trusted ? 'trusted' : verdict.faults[0]?.code));
    expect(told, verdicts.map(verdictSentence).join('\n')).toEqual([envoy, go]);
  });
});

test('what we issue by default passes openssl -x509_strict', async () => {
  const { presented, roots } = await three();
  expect(await opensslVerify(presented, roots, { strict: true, purpose: 'serverAuth' })).toMatchObject({
    trusted: true,
  });
});

test('several faults are all told, each with the certificate it is about', async () => {
  const key = await PrivateKey.generate('P-256');
  const chain = await three({
    intermediate: { isCa: false, privateKey: key },
    leaf: { notBefore: later(-2), notAfter: later(-1) },
  });
  const verdict = verifyChain(chain.presented, chain.roots);
  expect(verdictSentence(verdict)).toMatch(
    /^not trusted: spiffe:\S+ expired at .*; "CN=Intermediate" issued a certificate of the chain but is not a CA/,
  );
});

test('of several ways to nowhere that Go tries, the one that went furthest is told', async () => {
  const middle = await intermediate();
  const crossed = await intermediate({ privateKey: middle.privateKey }, stranger);
  const { certificate } = await leafOf(middle);
  const presented = [certificate, crossed.certificate, middle.certificate, root.certificate];
  const roots = [(await createRoot({ commonName: 'Elsewhere' })).certificate];
  const { path } = verifyChain(presented, roots, { reader: GO });
  expect(path).toEqual([certificate, middle.certificate, root.certificate]);
});

test('an e-mail address in the subject is bound like one among the alternative names', () => {
  const constraints = { permitted: [], excluded: names('email', 'sm.test'), bounded: false };
  expect(nameConstraintViolation({ ...root.certificate, subjectEmails: ['a@sm.test'] }, constraints, 'Envoy')).toBe(
    'has the email name a@sm.test, which "sm.test" excludes',
  );
});

test('nothing presented is no verdict', () => {
  expect(() => verifyChain([], [root.certificate])).toThrow(CertificateError);
});
