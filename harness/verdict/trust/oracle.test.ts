import { sign } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import * as asn1 from '@peculiar/asn1-x509';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Certificate, CertificateError, parseCertificate } from '../../observations/certificate.ts';
import { type FaultCode, verdictSentence, verifyChain, type VerifyOptions } from './chain.ts';
import {
  type Authority,
  type AuthorityOptions,
  createIntermediate,
  type Credential,
  createRoot,
  issueLeaf,
  type LeafOptions,
  PrivateKey,
} from './issue.ts';
import type { NameForm } from '../../observations/names.ts';
import { nameConstraintViolation } from './name-constraints.ts';
import { opensslVerify, withBytes } from './testing/oracles.ts';
import { x509 } from '../../observations/x509.ts';

interface Chain extends VerifyOptions {
  readonly presented: readonly Certificate[];
  readonly roots: readonly Certificate[];
}
type Make = () => Promise<Chain>;

const spiffeId = 'spiffe://mesh.local/ns/shop/sa/cart';
const YEAR = 365;
const later = (days: number) => new Date(Date.now() + days * 86_400_000);

let root: Authority;
let stranger: Authority;

beforeAll(async () => {
  [root, stranger] = await Promise.all([
    createRoot({ country: 'CH', organization: 'SM', commonName: 'Root' }),
    createRoot({ country: 'CH', organization: 'SM', commonName: 'Stranger' }),
  ]);
});

const intermediate = (options: Partial<AuthorityOptions> = {}, issuer = root) =>
  createIntermediate(issuer, { commonName: 'Intermediate', ...options });
const leafOf = (issuer: Authority, options: Partial<LeafOptions> = {}) => issueLeaf(issuer, { spiffeId, ...options });

/** A leaf of an intermediate of the root, each made with the options given. */
async function three(
  made: {
    root?: Partial<AuthorityOptions>;
    intermediate?: Partial<AuthorityOptions>;
    leaf?: Partial<LeafOptions>;
  } = {},
  options: VerifyOptions = {},
): Promise<Chain> {
  const top = made.root === undefined ? root : await createRoot({ commonName: 'Own Root', ...made.root });
  const middle = await intermediate(made.intermediate, top);
  const { certificate } = await leafOf(middle, made.leaf);
  return { presented: [certificate, middle.certificate], roots: [top.certificate], ...options };
}

/** The chain of {@link three} with something done to what is presented or trusted. */
const changed =
  (change: (chain: Chain) => Partial<Chain>): Make =>
  async () => {
    const chain = await three();
    return { ...chain, ...change(chain) };
  };

const first = (chain: Chain, change: (der: Buffer) => void) => ({
  presented: chain.presented.map((certificate, index) => (index === 0 ? withBytes(certificate, change) : certificate)),
});
const second = (chain: Chain, change: (der: Buffer) => void) => ({
  presented: chain.presented.map((certificate, index) => (index === 1 ? withBytes(certificate, change) : certificate)),
});
const flipLastByte = (der: Buffer) => {
  der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
};
const replace = (from: Buffer | string, to: Buffer | string, where: 'first' | 'last') => (der: Buffer) => {
  Buffer.from(to).copy(der, where === 'first' ? der.indexOf(from) : der.lastIndexOf(from));
};
const ECDSA_SHA256 = Buffer.from('06082a8648ce3d040302', 'hex');
const ECDSA_SHA384 = Buffer.from('06082a8648ce3d040303', 'hex');
const NULL = new Uint8Array([5, 0]);
const CRITICAL = { oid: '1.3.6.1.4.1.55555.1', critical: true, value: NULL };

const names = (form: NameForm, ...values: string[]) => values.map((value) => ({ form, value }));
const permit = (form: NameForm, value: string) => ({ nameConstraints: { permitted: names(form, value) } });
const exclude = (form: NameForm, value: string) => ({ nameConstraints: { excluded: names(form, value) } });

/** Says within what is signed that the signature is of another algorithm, and signs that. */
function misstated({ certificate }: Credential, signer: Authority): Certificate {
  const asn = AsnConvert.parse(certificate.der, asn1.Certificate);
  asn.tbsCertificate.signature = new asn1.AlgorithmIdentifier({ algorithm: '1.2.840.10045.4.3.3' });
  const signature = sign('sha256', Buffer.from(AsnConvert.serialize(asn.tbsCertificate)), signer.privateKey.pem());
  asn.signatureValue = new Uint8Array(signature).buffer;
  return parseCertificate(x509.PemConverter.encode(AsnConvert.serialize(asn), 'CERTIFICATE'));
}

/** The bytes of a positive integer: a zero goes before a set top bit, and nowhere else. */
const derInteger = (hex: string) => new Uint8Array(Buffer.from((/^[89a-f]/.test(hex) ? '00' : '') + hex, 'hex')).buffer;

/** A leaf that names its issuer's certificate by issuer and serial number instead of by a key identifier. */
async function namedBySerial(serial: (issuer: Certificate) => string): Promise<Chain> {
  const middle = await intermediate();
  const identifier = new asn1.AuthorityKeyIdentifier({
    authorityCertIssuer: [
      new asn1.GeneralName({
        directoryName: AsnConvert.parse(new x509.Name(root.certificate.subject).toArrayBuffer(), asn1.Name),
      }),
    ],
    authorityCertSerialNumber: derInteger(serial(middle.certificate)),
  });
  const value = new Uint8Array(AsnConvert.serialize(identifier));
  const others = [{ oid: asn1.id_ce_authorityKeyIdentifier, critical: false, value }];
  const { certificate } = await leafOf(middle, { keyIdentifiers: false, others });
  return { presented: [certificate, middle.certificate], roots: [root.certificate] };
}

/** Constraints that permit the trust domain from one level below it on: a minimum, which RFC 5280 forbids. */
const bounded = () => {
  const base = new asn1.GeneralName({ uniformResourceIdentifier: 'mesh.local' });
  const permittedSubtrees = new asn1.GeneralSubtrees([new asn1.GeneralSubtree({ base, minimum: 1 })]);
  const value = new Uint8Array(AsnConvert.serialize(new asn1.NameConstraints({ permittedSubtrees })));
  return { oid: asn1.id_ce_nameConstraints, critical: true, value };
};

const BROKEN: Record<string, [FaultCode, Make]> = {
  'signature of the leaf damaged': ['bad-signature', changed((chain) => first(chain, flipLastByte))],
  'signature of the intermediate damaged': ['bad-signature', changed((chain) => second(chain, flipLastByte))],
  'service account altered after signing': [
    'bad-signature',
    changed((chain) => first(chain, replace('/sa/cart', '/sa/bank', 'first'))),
  ],
  'signature algorithm altered outside': [
    'bad-signature',
    changed((chain) => first(chain, replace(ECDSA_SHA256, ECDSA_SHA384, 'last'))),
  ],
  'signature algorithm altered inside': [
    'bad-signature',
    changed((chain) => first(chain, replace(ECDSA_SHA256, ECDSA_SHA384, 'first'))),
  ],
  'signature algorithm misstated inside and signed so': [
    'bad-signature',
    async () => {
      const middle = await intermediate();
      const leaf = misstated(await leafOf(middle), middle);
      return { presented: [leaf, middle.certificate], roots: [root.certificate] };
    },
  ],
  'authority key identifier with the serial of another': ['authority-key-mismatch', () => namedBySerial(() => '7f')],
  'leaf expired, beside a longer cross-signed way to nowhere': [
    'expired',
    async () => {
      const middle = await intermediate();
      const crossed = await intermediate({ privateKey: middle.privateKey }, stranger);
      const { certificate } = await leafOf(middle, { notBefore: later(-2), notAfter: later(-1) });
      const presented = [certificate, crossed.certificate, stranger.certificate];
      return { presented, roots: [middle.certificate] };
    },
  ],
  'subtree with a minimum': ['name-constraints', () => three({ intermediate: { others: [bounded()] } })],
  'IPv4 address in IPv6 clothing': [
    'name-constraints',
    () => three({ root: permit('ip', '10.0.0.0/8'), leaf: { alternativeNames: names('ip', '::ffff:a01:203') } }),
  ],
  'mailbox not permitted, for its case': [
    'name-constraints',
    () => three({ root: permit('email', 'a@sm.test'), leaf: { alternativeNames: names('email', 'A@sm.test') } }),
  ],
  'issuer name of another': [
    'unknown-issuer',
    async () => {
      const middle = await intermediate();
      const renamed = await intermediate({ commonName: 'Renamed', privateKey: middle.privateKey });
      const { certificate } = await leafOf(renamed);
      return { presented: [certificate, middle.certificate], roots: [root.certificate] };
    },
  ],
  'another root trusted': ['unknown-issuer', changed(() => ({ roots: [stranger.certificate] }))],
  'another root trusted, its own presented': [
    'unknown-issuer',
    changed(({ presented }) => ({ presented: [...presented, root.certificate], roots: [stranger.certificate] })),
  ],
  'no root trusted but the presented one': [
    'unknown-issuer',
    changed(({ presented }) => ({ presented: [...presented, root.certificate], roots: [] })),
  ],
  'root of the same subject and another key': [
    'same-subject-other-key',
    async () => {
      const twin = await createRoot({ country: 'CH', organization: 'SM', commonName: 'Root' });
      return { ...(await three()), roots: [twin.certificate] };
    },
  ],
  'root of the same subject and another key, without key identifiers': [
    'same-subject-other-key',
    async () => {
      const twin = await createRoot({ commonName: 'Own Root', keyIdentifiers: false });
      return { ...(await three({ root: { keyIdentifiers: false } })), roots: [twin.certificate] };
    },
  ],
  'root of the same subject and another kind of key': [
    'same-subject-other-key',
    async () => {
      const twin = await createRoot({ country: 'CH', organization: 'SM', commonName: 'Root', algorithm: 'RSA-2048' });
      return { ...(await three()), roots: [twin.certificate] };
    },
  ],
  'intermediate swapped for one of the same name': [
    'same-subject-other-key',
    async () => {
      const [chain, twin] = await Promise.all([three(), intermediate()]);
      return { ...chain, presented: [...chain.presented.slice(0, 1), twin.certificate] };
    },
  ],
  'leaf signed by a key that is not the intermediate': [
    'bad-signature',
    async () => {
      const middle = await intermediate();
      const { certificate } = await leafOf({ ...middle, privateKey: stranger.privateKey });
      return { presented: [certificate, middle.certificate], roots: [root.certificate] };
    },
  ],
  'authority key identifier of the leaf points elsewhere': [
    'authority-key-mismatch',
    () => three({ leaf: { authorityKeyIdentifier: 'ab'.repeat(20) } }),
  ],
  'authority key identifier of the intermediate points elsewhere': [
    'authority-key-mismatch',
    () => three({ intermediate: { authorityKeyIdentifier: 'ab'.repeat(20) } }),
  ],
  'leaf expired': ['expired', () => three({ leaf: { notBefore: later(-2), notAfter: later(-1) } })],
  'intermediate expired': ['expired', () => three({ intermediate: { notBefore: later(-2), notAfter: later(-1) } })],
  'root expired': ['expired', () => three({ root: { notBefore: later(-2), notAfter: later(-1) } })],
  'leaf expired at the time asked for': ['expired', () => three({}, { at: later(2) })],
  'leaf not yet valid': ['not-yet-valid', () => three({ leaf: { notBefore: later(1), notAfter: later(2) } })],
  'intermediate not yet valid': ['not-yet-valid', () => three({ intermediate: { notBefore: later(1) } })],
  'root not yet valid': ['not-yet-valid', () => three({ root: { notBefore: later(1) } })],
  'intermediate without basic constraints and key usage': [
    'not-a-ca',
    () => three({ intermediate: { isCa: 'unstated', keyUsages: 'unstated' } }),
  ],
  'intermediate without basic constraints': ['not-a-ca', () => three({ intermediate: { isCa: 'unstated' } })],
  'intermediate with CA:FALSE': ['not-a-ca', () => three({ intermediate: { isCa: false } })],
  'root with CA:FALSE': ['not-a-ca', () => three({ root: { isCa: false } })],
  'leaf used as a CA': [
    'not-a-ca',
    async () => {
      const middle = await intermediate();
      const leaf = await leafOf(middle, { commonName: 'Leaf', keyUsages: 'unstated' });
      const { certificate } = await leafOf(leaf);
      return { presented: [certificate, leaf.certificate, middle.certificate], roots: [root.certificate] };
    },
  ],
  'path length 0 exceeded': ['path-length-exceeded', () => three({ root: { pathLength: 0 } })],
  'path length 0 exceeded below the root': [
    'path-length-exceeded',
    async () => {
      const upper = await intermediate({ commonName: 'Upper', pathLength: 0 });
      const lower = await intermediate({ commonName: 'Lower' }, upper);
      const { certificate } = await leafOf(lower);
      return { presented: [certificate, lower.certificate, upper.certificate], roots: [root.certificate] };
    },
  ],
  'path length 1 exceeded': [
    'path-length-exceeded',
    async () => {
      const top = await createRoot({ commonName: 'Root of one', pathLength: 1 });
      const upper = await intermediate({ commonName: 'Upper' }, top);
      const lower = await intermediate({ commonName: 'Lower' }, upper);
      const { certificate } = await leafOf(lower);
      return { presented: [certificate, lower.certificate, upper.certificate], roots: [top.certificate] };
    },
  ],
  'intermediate without keyCertSign': ['key-usage', () => three({ intermediate: { keyUsages: ['cRLSign'] } })],
  'root without keyCertSign': ['key-usage', () => three({ root: { keyUsages: ['digitalSignature'] } })],
  'leaf key unfit for a handshake': [
    'key-usage',
    () => three({ leaf: { keyUsages: ['nonRepudiation'] } }, { purpose: 'serverAuth' }),
  ],
  'leaf key unfit for a client': [
    'key-usage',
    () => three({ leaf: { keyUsages: ['keyEncipherment'] } }, { purpose: 'clientAuth' }),
  ],
  'client leaf as a server': [
    'extended-key-usage',
    () => three({ leaf: { extendedKeyUsages: ['clientAuth'] } }, { purpose: 'serverAuth' }),
  ],
  'server leaf as a client': [
    'extended-key-usage',
    () => three({ leaf: { extendedKeyUsages: ['serverAuth'] } }, { purpose: 'clientAuth' }),
  ],
  'leaf for any purpose': [
    'extended-key-usage',
    () => three({ leaf: { extendedKeyUsages: ['2.5.29.37.0'] } }, { purpose: 'serverAuth' }),
  ],
  'intermediate for other purposes': [
    'extended-key-usage',
    () => three({ intermediate: { extendedKeyUsages: ['clientAuth'] } }, { purpose: 'serverAuth' }),
  ],
  'root for other purposes': [
    'extended-key-usage',
    () => three({ root: { extendedKeyUsages: ['1.3.6.1.5.5.7.3.3'] } }, { purpose: 'serverAuth' }),
  ],
  'DNS subtree excluded': [
    'name-constraints',
    () =>
      three({
        intermediate: exclude('dns', 'evil.test'),
        leaf: { alternativeNames: names('dns', 'ok.test', 'www.EVIL.test') },
      }),
  ],
  'DNS subtree not permitted': [
    'name-constraints',
    () => three({ intermediate: permit('dns', 'mesh.test'), leaf: { alternativeNames: names('dns', 'notmesh.test') } }),
  ],
  'trust domain not permitted': ['name-constraints', () => three({ intermediate: permit('uri', 'other.local') })],
  'trust domain excluded by the root': ['name-constraints', () => three({ root: exclude('uri', 'mesh.local') })],
  'trust domain itself outside of what is below it': [
    'name-constraints',
    () => three({ intermediate: permit('uri', '.mesh.local') }),
  ],
  'trust domain below the permitted one': [
    'name-constraints',
    () =>
      three({ intermediate: permit('uri', 'mesh.local'), leaf: { spiffeId: 'spiffe://a.mesh.local/ns/shop/sa/cart' } }),
  ],
  'second URI not permitted': [
    'name-constraints',
    () =>
      three({
        intermediate: permit('uri', 'mesh.local'),
        leaf: { alternativeNames: names('uri', 'spiffe://other/ns/a/sa/b') },
      }),
  ],
  'URI without a host below a URI constraint': [
    'name-constraints',
    () =>
      three({ intermediate: permit('uri', 'mesh.local'), leaf: { alternativeNames: names('uri', 'urn:mesh:local') } }),
  ],
  'directory name of the intermediate not permitted': [
    'name-constraints',
    () => three({ root: permit('directory', 'C=CH, O=SM'), intermediate: { country: 'CH', organization: 'SM, Ltd' } }),
  ],
  'directory name of the leaf excluded': [
    'name-constraints',
    () => three({ root: exclude('directory', 'CN=Cart'), leaf: { commonName: 'CART' } }),
  ],
  'address not permitted': [
    'name-constraints',
    () => three({ root: permit('ip', '10.0.0.0/8'), leaf: { alternativeNames: names('ip', '11.0.0.1') } }),
  ],
  'address of the other family not permitted': [
    'name-constraints',
    () => three({ root: permit('ip', '10.0.0.0/8'), leaf: { alternativeNames: names('ip', 'fd00::1') } }),
  ],
  'e-mail host excluded': [
    'name-constraints',
    () => three({ root: exclude('email', 'sm.test'), leaf: { alternativeNames: names('email', 'a@sm.test') } }),
  ],
  'unknown critical extension in the leaf': [
    'unhandled-critical-extension',
    () => three({ leaf: { others: [CRITICAL] } }),
  ],
  'unknown critical extension in the intermediate': [
    'unhandled-critical-extension',
    () => three({ intermediate: { others: [CRITICAL] } }),
  ],
  'unknown critical extension in the root': [
    'unhandled-critical-extension',
    () => three({ root: { others: [CRITICAL] } }),
  ],
  'intermediate missing': ['unknown-issuer', changed(({ presented }) => ({ presented: presented.slice(0, 1) }))],
  'upper intermediate missing': [
    'unknown-issuer',
    async () => {
      const lower = await intermediate({ commonName: 'Lower' }, await intermediate({ commonName: 'Upper' }));
      const { certificate } = await leafOf(lower);
      return { presented: [certificate, lower.certificate], roots: [root.certificate] };
    },
  ],
  'self-signed leaf': [
    'unknown-issuer',
    async () => ({ presented: [(await createRoot({ commonName: 'Selfish' })).certificate], roots: [root.certificate] }),
  ],
  'two CAs that sign each other': [
    'unknown-issuer',
    async () => {
      const [one, other] = await Promise.all([createRoot({ commonName: 'One' }), createRoot({ commonName: 'Other' })]);
      const oneByOther = await intermediate({ commonName: 'One', privateKey: one.privateKey }, other);
      const otherByOne = await intermediate({ commonName: 'Other', privateKey: other.privateKey }, one);
      const { certificate } = await leafOf(one);
      return { presented: [certificate, oneByOther.certificate, otherByOne.certificate], roots: [root.certificate] };
    },
  ],
};

const SOUND: Record<string, Make> = {
  'root alone': () => Promise.resolve({ presented: [root.certificate], roots: [root.certificate] }),
  'leaf of the root': async () => ({ presented: [(await leafOf(root)).certificate], roots: [root.certificate] }),
  'three certificates': () => three(),
  'four certificates': async () => {
    const upper = await intermediate({ commonName: 'Upper' });
    const lower = await intermediate({ commonName: 'Lower' }, upper);
    const { certificate } = await leafOf(lower);
    return { presented: [certificate, lower.certificate, upper.certificate], roots: [root.certificate] };
  },
  'intermediates out of order, the root in between': async () => {
    const upper = await intermediate({ commonName: 'Upper' });
    const lower = await intermediate({ commonName: 'Lower' }, upper);
    const { certificate } = await leafOf(lower);
    const presented = [certificate, upper.certificate, root.certificate, lower.certificate];
    return { presented, roots: [root.certificate] };
  },
  'RSA throughout': () =>
    three({
      root: { algorithm: 'RSA-2048' },
      intermediate: { algorithm: 'RSA-2048' },
      leaf: { algorithm: 'RSA-2048' },
    }),
  'RSA above, P-256 below': () => three({ root: { algorithm: 'RSA-2048' } }),
  'P-256 above, RSA below': () => three({ intermediate: { algorithm: 'RSA-2048' } }),
  'RSA of 4096 bits': () => three({ root: { algorithm: 'RSA-4096' } }),
  'strangers presented and trusted as well': async () => {
    const [chain, other] = await Promise.all([three(), three({ root: {} })]);
    const presented = [...chain.presented.slice(0, 1), ...other.presented, ...chain.presented.slice(1)];
    return { presented, roots: [stranger.certificate, ...other.roots, ...chain.roots] };
  },
  'intermediate presented twice': changed(({ presented }) => ({ presented: [...presented, ...presented.slice(1)] })),
  'roots of one name and two keys, the wrong one first': async () => {
    const twin = await createRoot({ country: 'CH', organization: 'SM', commonName: 'Root' });
    return { ...(await three()), roots: [twin.certificate, root.certificate] };
  },
  'intermediates of one name and two keys, the wrong one first': async () => {
    const [{ presented, roots }, twin] = await Promise.all([three(), intermediate()]);
    return { presented: [...presented.slice(0, 1), twin.certificate, ...presented.slice(1)], roots };
  },
  'renewed root of the same key': async () => {
    const options = { country: 'CH', organization: 'SM', commonName: 'Root', privateKey: root.privateKey };
    return { ...(await three()), roots: [(await createRoot(options)).certificate] };
  },
  'renewed intermediate beside the expired one': async () => {
    const middle = await intermediate({ notBefore: later(-2), notAfter: later(-1) });
    const renewed = await intermediate({ privateKey: middle.privateKey });
    const { certificate } = await leafOf(middle);
    return { presented: [certificate, middle.certificate, renewed.certificate], roots: [root.certificate] };
  },
  'cross-signed, the new root trusted': async () => {
    const middle = await intermediate({}, stranger);
    const crossed = await intermediate({ privateKey: middle.privateKey });
    const { certificate } = await leafOf(middle);
    return { presented: [certificate, crossed.certificate, middle.certificate], roots: [root.certificate] };
  },
  'root cross-signed by another, which is trusted': async () => {
    const { presented } = await three();
    const options = { country: 'CH', organization: 'SM', commonName: 'Root', privateKey: root.privateKey };
    const crossed = await intermediate(options, stranger);
    return { presented: [...presented, crossed.certificate], roots: [stranger.certificate] };
  },
  'without any key identifiers': () =>
    three({
      root: { keyIdentifiers: false },
      intermediate: { keyIdentifiers: false },
      leaf: { keyIdentifiers: false },
    }),
  'path length exactly enough': () => three({ root: { pathLength: 1 }, intermediate: { pathLength: 0 } }),
  'path length enough, for a self-issued CA does not count': async () => {
    const top = await createRoot({ commonName: 'Rolling', pathLength: 1 });
    const rolled = await intermediate({ commonName: 'Rolling' }, top);
    const middle = await intermediate({ pathLength: 0 }, rolled);
    const { certificate } = await leafOf(middle);
    return { presented: [certificate, middle.certificate, rolled.certificate], roots: [top.certificate] };
  },
  'path length 0 of a CA that is the leaf': async () => {
    const below = await intermediate({ pathLength: 0 });
    return { presented: [below.certificate], roots: [root.certificate] };
  },
  'intermediate without key usage': () => three({ intermediate: { keyUsages: 'unstated' } }),
  'leaf without key usages, as a server': () =>
    three({ leaf: { keyUsages: 'unstated', extendedKeyUsages: 'unstated' } }, { purpose: 'serverAuth' }),
  'as a server': () => three({}, { purpose: 'serverAuth' }),
  'as a client': () => three({}, { purpose: 'clientAuth' }),
  'intermediate meant for both ends': () =>
    three({ intermediate: { extendedKeyUsages: ['serverAuth', 'clientAuth'] } }, { purpose: 'clientAuth' }),
  'wrong purpose, but none asked for': () => three({ leaf: { extendedKeyUsages: ['1.3.6.1.5.5.7.3.3'] } }),
  'DNS below the permitted one': () =>
    three({
      intermediate: permit('dns', 'mesh.test'),
      leaf: { alternativeNames: names('dns', 'a.b.MESH.test', 'mesh.test') },
    }),
  'DNS constraints with a leaf that has no DNS name': () => three({ intermediate: permit('dns', 'mesh.test') }),
  'trust domain permitted': () => three({ intermediate: permit('uri', 'MESH.local') }),
  'trust domain below the permitted ones': () =>
    three({ intermediate: permit('uri', '.local'), leaf: { spiffeId: 'spiffe://mesh.local/ns/shop/sa/cart' } }),
  'another trust domain excluded': () => three({ root: exclude('uri', 'other.local') }),
  'directory name permitted, in another case': () =>
    three({ root: permit('directory', 'C=ch, O=sm'), intermediate: { country: 'CH', organization: 'SM' } }),
  'address permitted': () =>
    three({ root: permit('ip', '10.0.0.0/8'), leaf: { alternativeNames: names('ip', '10.9.8.7') } }),
  'IPv6 address permitted': () =>
    three({ root: permit('ip', 'fd00::/8'), leaf: { alternativeNames: names('ip', 'fd12::7') } }),
  'e-mail host permitted': () =>
    three({ root: permit('email', 'sm.test'), leaf: { alternativeNames: names('email', 'a@SM.test') } }),
  'unknown extension that is not critical': () => three({ leaf: { others: [{ ...CRITICAL, critical: false }] } }),
  'expired now, not at the time asked for': () =>
    three(
      {
        leaf: { notBefore: later(-20), notAfter: later(-10) },
        root: { notBefore: later(-YEAR) },
        intermediate: { notBefore: later(-YEAR) },
      },
      { at: later(-15) },
    ),
  'intermediate as the only anchor': async () => {
    const { presented } = await three();
    return { presented, roots: presented.slice(1) };
  },
  'authority key identifier with the serial': () => namedBySerial(({ serial }) => serial),
  'IPv6 address below an excluded IPv4 network': () =>
    three({ root: exclude('ip', '10.0.0.0/8'), leaf: { alternativeNames: names('ip', 'fd00::1') } }),
  'mailbox permitted': () =>
    three({ root: permit('email', 'a@sm.test'), leaf: { alternativeNames: names('email', 'a@SM.test') } }),
  'self-issued CA that its own constraints would exclude': async () => {
    const top = await createRoot({ commonName: 'Rolling', ...permit('directory', 'C=CH') });
    const rolled = await intermediate({ commonName: 'Rolling' }, top);
    const middle = await intermediate({ country: 'CH' }, rolled);
    const { certificate } = await leafOf(middle);
    return { presented: [certificate, middle.certificate, rolled.certificate], roots: [top.certificate] };
  },
  'signature of the root damaged': async () => {
    const chain = await three();
    return { ...chain, roots: [withBytes(root.certificate, flipLastByte)] };
  },
};

// The two cannot agree where OpenSSL departs from RFC 5280 or does not search on; each with who is right, and why.
const DIFFERING: Record<string, { ours: FaultCode | 'trusted'; chain: Make }> = {
  'OpenSSL lets a root with keyCertSign do without basicConstraints; BoringSSL and we do not': {
    ours: 'not-a-ca',
    chain: () => three({ root: { isCa: 'unstated' } }),
  },
  'OpenSSL does not try the next issuer when the one it took leads nowhere, though a path exists': {
    ours: 'trusted',
    chain: async () => {
      const middle = await intermediate({}, stranger);
      const crossed = await intermediate({ privateKey: middle.privateKey });
      const { certificate } = await leafOf(middle);
      return { presented: [certificate, middle.certificate, crossed.certificate], roots: [root.certificate] };
    },
  },
  'OpenSSL does not try the next issuer when the signature fails, though a path exists': {
    ours: 'trusted',
    chain: async () => {
      const bare = { keyIdentifiers: false };
      const [{ presented, roots }, twin] = await Promise.all([
        three({ intermediate: bare, leaf: bare }),
        intermediate(bare),
      ]);
      return { presented: [...presented.slice(0, 1), twin.certificate, ...presented.slice(1)], roots };
    },
  },
  'OpenSSL holds that the last second of the validity is over; section 4.1.2.5 includes it': {
    ours: 'trusted',
    chain: async () => {
      const at = new Date(Math.floor(later(1).getTime() / 1000) * 1000);
      return three({ leaf: { notAfter: at } }, { at });
    },
  },
  'OpenSSL binds a common name that looks like a host by DNS constraints; section 4.2.1.10 binds only DNS names': {
    ours: 'trusted',
    chain: () => three({ intermediate: permit('dns', 'mesh.test'), leaf: { commonName: 'www.other.test' } }),
  },
  'OpenSSL ignores policy constraints unless told to check policies; section 4.2 lets nobody ignore what is critical': {
    ours: 'unhandled-critical-extension',
    chain: () =>
      three({
        intermediate: { others: [{ oid: '2.5.29.36', critical: true, value: new Uint8Array([0x30, 3, 0x80, 1, 0]) }] },
      }),
  },
};

async function judge({ presented, roots, ...options }: Chain) {
  const verdict = verifyChain(presented, roots, options);
  const openssl = await opensslVerify(presented, roots, options);
  return { verdict, openssl, evidence: `${verdictSentence(verdict)}\nopenssl: ${openssl.says}` };
}

describe('broken chains are refused by openssl and by us for the reason', () => {
  test.for(Object.entries(BROKEN))('%s', async ([, [code, make]]) => {
    const { verdict, openssl, evidence } = await judge(await make());
    expect(openssl.trusted, evidence).toBe(false);
    expect(verdict.trusted || verdict.faults.map((fault) => fault.code), evidence).toEqual([code]);
  });
});

// Finding the primes of an RSA key takes as long as it takes.
describe('sound chains are trusted by openssl and by us', { timeout: 60_000 }, () => {
  test.for(Object.entries(SOUND))('%s', async ([, make]) => {
    const { verdict, openssl, evidence } = await judge(await make());
    expect({ openssl: openssl.trusted, ours: verdict.trusted }, evidence).toEqual({ openssl: true, ours: true });
  });
});

describe('where openssl and we differ on purpose', () => {
  test.for(Object.entries(DIFFERING))('%s', async ([, { ours, chain }]) => {
    const { verdict, openssl, evidence } = await judge(await chain());
    expect(verdict.trusted ? 'trusted' : verdict.faults[0]?.code, evidence).toBe(ours);
    expect(openssl.trusted, evidence).toBe(ours !== 'trusted');
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

test('of several ways to nowhere the one that went furthest is told', async () => {
  const middle = await intermediate();
  const crossed = await intermediate({ privateKey: middle.privateKey }, stranger);
  const { certificate } = await leafOf(middle);
  const presented = [certificate, crossed.certificate, middle.certificate, root.certificate];
  const { path } = verifyChain(presented, [(await createRoot({ commonName: 'Elsewhere' })).certificate]);
  expect(path).toEqual([certificate, middle.certificate, root.certificate]);
});

test('an e-mail address in the subject is bound like one among the alternative names', () => {
  const constraints = { permitted: [], excluded: names('email', 'sm.test'), bounded: false };
  expect(nameConstraintViolation({ ...root.certificate, subjectEmails: ['a@sm.test'] }, constraints)).toBe(
    'has the email name a@sm.test, which "sm.test" excludes',
  );
});

test('nothing presented is no verdict', () => {
  expect(() => verifyChain([], [root.certificate])).toThrow(CertificateError);
});
