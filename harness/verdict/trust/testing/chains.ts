import { sign } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import * as asn1 from '@peculiar/asn1-x509';
import { type Certificate, parseCertificate } from '../../../observations/certificate.ts';
import type { NameForm } from '../../../observations/names.ts';
import { x509 } from '../../../observations/x509.ts';
import type { FaultCode, VerifyOptions } from '../chain.ts';
import {
  type Authority,
  type AuthorityOptions,
  createIntermediate as newIntermediate,
  createRoot as newRoot,
  type Credential,
  issueLeaf as newLeaf,
  type LeafOptions,
} from '../issue.ts';
import { withBytes } from './oracles.ts';

/** A chain, who trusts what, and what it is shown for. */
export interface Chain extends Pick<VerifyOptions, 'at' | 'purpose'> {
  readonly presented: readonly Certificate[];
  readonly roots: readonly Certificate[];
}
type Make = () => Promise<Chain>;

/** What a reader says: that it accepts, or why it does not, the first reason. */
export type Expected = FaultCode | 'trusted';

const spiffeId = 'spiffe://mesh.local/ns/shop/sa/cart';
const YEAR = 365;
export const later = (days: number) => new Date(Date.now() + days * 86_400_000);

/** PKCS#8 in PEM of every key that is made here, by its fingerprint: throwaways, for whoever has to show a chain. */
export const KEYS = new Map<string, string>();

function known<Made extends Credential>(made: Made): Made {
  KEYS.set(made.certificate.keyFingerprint, made.privateKey.pem());
  return made;
}
const createRoot = async (options: AuthorityOptions) => known(await newRoot(options));
const createIntermediate = async (issuer: Authority, options: AuthorityOptions) =>
  known(await newIntermediate(issuer, options));
const issueLeaf = async (issuer: Authority, options: LeafOptions) => known(await newLeaf(issuer, options));

export const root = await createRoot({ country: 'CH', organization: 'SM', commonName: 'Root' });
export const stranger = await createRoot({ country: 'CH', organization: 'SM', commonName: 'Stranger' });

export const intermediate = (options: Partial<AuthorityOptions> = {}, issuer = root) =>
  createIntermediate(issuer, { commonName: 'Intermediate', ...options });
export const leafOf = (issuer: Authority, options: Partial<LeafOptions> = {}) =>
  issueLeaf(issuer, { spiffeId, ...options });

/** A leaf of an intermediate of the root, each made with the options given. */
export async function three(
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

export const names = (form: NameForm, ...values: string[]) => values.map((value) => ({ form, value }));
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

/** Chains by what is special about them, with what Envoy says and, where that is another, Go. */
export const CHAINS: Record<string, [envoy: Expected, make: Make, go?: Expected]> = {
  'signature of the leaf damaged': ['bad-signature', changed((chain) => first(chain, flipLastByte))],
  'signature of the intermediate damaged': ['bad-signature', changed((chain) => second(chain, flipLastByte))],
  'service account altered after signing': [
    'bad-signature',
    changed((chain) => first(chain, replace('/sa/cart', '/sa/bank', 'first'))),
  ],
  'signature algorithm altered outside': [
    'bad-signature',
    changed((chain) => first(chain, replace(ECDSA_SHA256, ECDSA_SHA384, 'last'))),
    'unreadable',
  ],
  'signature algorithm altered inside': [
    'bad-signature',
    changed((chain) => first(chain, replace(ECDSA_SHA256, ECDSA_SHA384, 'first'))),
    'unreadable',
  ],
  'signature algorithm misstated inside and signed so': [
    'bad-signature',
    async () => {
      const middle = await intermediate();
      const leaf = misstated(await leafOf(middle), middle);
      return { presented: [leaf, middle.certificate], roots: [root.certificate] };
    },
    'unreadable',
  ],
  'authority key identifier with the serial of another': [
    'authority-key-mismatch',
    () => namedBySerial(() => '7f'),
    'trusted',
  ],
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
  'subtree with a minimum': ['name-constraints', () => three({ intermediate: { others: [bounded()] } }), 'trusted'],
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
    'trusted',
  ],
  'authority key identifier of the intermediate points elsewhere': [
    'authority-key-mismatch',
    () => three({ intermediate: { authorityKeyIdentifier: 'ab'.repeat(20) } }),
    'trusted',
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
  'root with CA:FALSE': ['trusted', () => three({ root: { isCa: false } }), 'not-a-ca'],
  'leaf used as a CA': [
    'not-a-ca',
    async () => {
      const middle = await intermediate();
      const leaf = await leafOf(middle, { commonName: 'Leaf', keyUsages: 'unstated' });
      const { certificate } = await leafOf(leaf);
      return { presented: [certificate, leaf.certificate, middle.certificate], roots: [root.certificate] };
    },
  ],
  'path length 0 exceeded': ['trusted', () => three({ root: { pathLength: 0 } }), 'path-length-exceeded'],
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
    'trusted',
    async () => {
      const top = await createRoot({ commonName: 'Root of one', pathLength: 1 });
      const upper = await intermediate({ commonName: 'Upper' }, top);
      const lower = await intermediate({ commonName: 'Lower' }, upper);
      const { certificate } = await leafOf(lower);
      return { presented: [certificate, lower.certificate, upper.certificate], roots: [top.certificate] };
    },
    'path-length-exceeded',
  ],
  'intermediate without keyCertSign': ['key-usage', () => three({ intermediate: { keyUsages: ['cRLSign'] } })],
  'root without keyCertSign': ['key-usage', () => three({ root: { keyUsages: ['digitalSignature'] } })],
  'leaf key unfit for a handshake': [
    'key-usage',
    () => three({ leaf: { keyUsages: ['nonRepudiation'] } }, { purpose: 'serverAuth' }),
    'trusted',
  ],
  'leaf key unfit for a client': [
    'key-usage',
    () => three({ leaf: { keyUsages: ['keyEncipherment'] } }, { purpose: 'clientAuth' }),
    'trusted',
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
    'trusted',
  ],
  'intermediate for other purposes': [
    'extended-key-usage',
    () => three({ intermediate: { extendedKeyUsages: ['clientAuth'] } }, { purpose: 'serverAuth' }),
  ],
  'root for other purposes': [
    'trusted',
    () => three({ root: { extendedKeyUsages: ['1.3.6.1.5.5.7.3.3'] } }, { purpose: 'serverAuth' }),
    'extended-key-usage',
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
    'trusted',
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
    'unhandled-critical-extension',
  ],
  'directory name of the leaf excluded': [
    'name-constraints',
    () => three({ root: exclude('directory', 'CN=Cart'), leaf: { commonName: 'CART' } }),
    'unhandled-critical-extension',
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
    'trusted',
    () => three({ root: { others: [CRITICAL] } }),
    'unhandled-critical-extension',
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
  'root alone': ['trusted', () => Promise.resolve({ presented: [root.certificate], roots: [root.certificate] })],
  'leaf of the root': [
    'trusted',
    async () => ({ presented: [(await leafOf(root)).certificate], roots: [root.certificate] }),
  ],
  'three certificates': ['trusted', () => three()],
  'four certificates': [
    'trusted',
    async () => {
      const upper = await intermediate({ commonName: 'Upper' });
      const lower = await intermediate({ commonName: 'Lower' }, upper);
      const { certificate } = await leafOf(lower);
      return { presented: [certificate, lower.certificate, upper.certificate], roots: [root.certificate] };
    },
  ],
  'intermediates out of order, the root in between': [
    'trusted',
    async () => {
      const upper = await intermediate({ commonName: 'Upper' });
      const lower = await intermediate({ commonName: 'Lower' }, upper);
      const { certificate } = await leafOf(lower);
      const presented = [certificate, upper.certificate, root.certificate, lower.certificate];
      return { presented, roots: [root.certificate] };
    },
  ],
  'RSA throughout': [
    'trusted',
    () =>
      three({
        root: { algorithm: 'RSA-2048' },
        intermediate: { algorithm: 'RSA-2048' },
        leaf: { algorithm: 'RSA-2048' },
      }),
  ],
  'RSA above, P-256 below': ['trusted', () => three({ root: { algorithm: 'RSA-2048' } })],
  'P-256 above, RSA below': ['trusted', () => three({ intermediate: { algorithm: 'RSA-2048' } })],
  'RSA of 4096 bits': ['trusted', () => three({ root: { algorithm: 'RSA-4096' } })],
  'strangers presented and trusted as well': [
    'trusted',
    async () => {
      const [chain, other] = await Promise.all([three(), three({ root: {} })]);
      const presented = [...chain.presented.slice(0, 1), ...other.presented, ...chain.presented.slice(1)];
      return { presented, roots: [stranger.certificate, ...other.roots, ...chain.roots] };
    },
  ],
  'intermediate presented twice': [
    'trusted',
    changed(({ presented }) => ({ presented: [...presented, ...presented.slice(1)] })),
  ],
  'roots of one name and two keys, the wrong one first': [
    'trusted',
    async () => {
      const twin = await createRoot({ country: 'CH', organization: 'SM', commonName: 'Root' });
      return { ...(await three()), roots: [twin.certificate, root.certificate] };
    },
  ],
  'intermediates of one name and two keys, the wrong one first': [
    'trusted',
    async () => {
      const [{ presented, roots }, twin] = await Promise.all([three(), intermediate()]);
      return { presented: [...presented.slice(0, 1), twin.certificate, ...presented.slice(1)], roots };
    },
  ],
  'renewed root of the same key': [
    'trusted',
    async () => {
      const options = { country: 'CH', organization: 'SM', commonName: 'Root', privateKey: root.privateKey };
      return { ...(await three()), roots: [(await createRoot(options)).certificate] };
    },
  ],
  'renewed intermediate beside the expired one': [
    'expired',
    async () => {
      const middle = await intermediate({ notBefore: later(-2), notAfter: later(-1) });
      const renewed = await intermediate({ privateKey: middle.privateKey });
      const { certificate } = await leafOf(middle);
      return { presented: [certificate, middle.certificate, renewed.certificate], roots: [root.certificate] };
    },
    'trusted',
  ],
  'cross-signed, the new root trusted': [
    'trusted',
    async () => {
      const middle = await intermediate({}, stranger);
      const crossed = await intermediate({ privateKey: middle.privateKey });
      const { certificate } = await leafOf(middle);
      return { presented: [certificate, crossed.certificate, middle.certificate], roots: [root.certificate] };
    },
  ],
  'root cross-signed by another, which is trusted': [
    'trusted',
    async () => {
      const { presented } = await three();
      const options = { country: 'CH', organization: 'SM', commonName: 'Root', privateKey: root.privateKey };
      const crossed = await intermediate(options, stranger);
      return { presented: [...presented, crossed.certificate], roots: [stranger.certificate] };
    },
  ],
  'without any key identifiers': [
    'trusted',
    () =>
      three({
        root: { keyIdentifiers: false },
        intermediate: { keyIdentifiers: false },
        leaf: { keyIdentifiers: false },
      }),
  ],
  'path length exactly enough': ['trusted', () => three({ root: { pathLength: 1 }, intermediate: { pathLength: 0 } })],
  'path length enough, for a self-issued CA does not count': [
    'trusted',
    async () => {
      const top = await createRoot({ commonName: 'Rolling', pathLength: 1 });
      const rolled = await intermediate({ commonName: 'Rolling' }, top);
      const middle = await intermediate({ pathLength: 0 }, rolled);
      const { certificate } = await leafOf(middle);
      return { presented: [certificate, middle.certificate, rolled.certificate], roots: [top.certificate] };
    },
    'path-length-exceeded',
  ],
  'path length 0 of a CA that is the leaf': [
    'trusted',
    async () => {
      const below = await intermediate({ pathLength: 0 });
      return { presented: [below.certificate], roots: [root.certificate] };
    },
  ],
  'intermediate without key usage': ['trusted', () => three({ intermediate: { keyUsages: 'unstated' } })],
  'leaf without key usages, as a server': [
    'trusted',
    () => three({ leaf: { keyUsages: 'unstated', extendedKeyUsages: 'unstated' } }, { purpose: 'serverAuth' }),
  ],
  'as a server': ['trusted', () => three({}, { purpose: 'serverAuth' })],
  'as a client': ['trusted', () => three({}, { purpose: 'clientAuth' })],
  'intermediate meant for both ends': [
    'trusted',
    () => three({ intermediate: { extendedKeyUsages: ['serverAuth', 'clientAuth'] } }, { purpose: 'clientAuth' }),
  ],
  'wrong purpose, but none asked for': ['trusted', () => three({ leaf: { extendedKeyUsages: ['1.3.6.1.5.5.7.3.3'] } })],
  'DNS below the permitted one': [
    'trusted',
    () =>
      three({
        intermediate: permit('dns', 'mesh.test'),
        leaf: { alternativeNames: names('dns', 'a.b.MESH.test', 'mesh.test') },
      }),
  ],
  'DNS constraints with a leaf that has no DNS name': [
    'trusted',
    () => three({ intermediate: permit('dns', 'mesh.test') }),
  ],
  'trust domain permitted': ['trusted', () => three({ intermediate: permit('uri', 'MESH.local') })],
  'trust domain below the permitted ones': [
    'trusted',
    () => three({ intermediate: permit('uri', '.local'), leaf: { spiffeId: 'spiffe://mesh.local/ns/shop/sa/cart' } }),
  ],
  'another trust domain excluded': ['trusted', () => three({ root: exclude('uri', 'other.local') })],
  'directory name permitted, in another case': [
    'trusted',
    () => three({ root: permit('directory', 'C=ch, O=sm'), intermediate: { country: 'CH', organization: 'SM' } }),
    'unhandled-critical-extension',
  ],
  'address permitted': [
    'name-constraints',
    () => three({ root: permit('ip', '10.0.0.0/8'), leaf: { alternativeNames: names('ip', '10.9.8.7') } }),
    'trusted',
  ],
  'IPv6 address permitted': [
    'name-constraints',
    () => three({ root: permit('ip', 'fd00::/8'), leaf: { alternativeNames: names('ip', 'fd12::7') } }),
    'trusted',
  ],
  'e-mail host permitted': [
    'trusted',
    () => three({ root: permit('email', 'sm.test'), leaf: { alternativeNames: names('email', 'a@SM.test') } }),
  ],
  'unknown extension that is not critical': [
    'trusted',
    () => three({ leaf: { others: [{ ...CRITICAL, critical: false }] } }),
  ],
  'expired now, not at the time asked for': [
    'trusted',
    () =>
      three(
        {
          leaf: { notBefore: later(-20), notAfter: later(-10) },
          root: { notBefore: later(-YEAR) },
          intermediate: { notBefore: later(-YEAR) },
        },
        { at: later(-15) },
      ),
  ],
  'intermediate as the only anchor': [
    'trusted',
    async () => {
      const { presented } = await three();
      return { presented, roots: presented.slice(1) };
    },
  ],
  'authority key identifier with the serial': ['trusted', () => namedBySerial(({ serial }) => serial)],
  'IPv6 address below an excluded IPv4 network': [
    'name-constraints',
    () => three({ root: exclude('ip', '10.0.0.0/8'), leaf: { alternativeNames: names('ip', 'fd00::1') } }),
    'trusted',
  ],
  'mailbox permitted': [
    'trusted',
    () => three({ root: permit('email', 'a@sm.test'), leaf: { alternativeNames: names('email', 'a@SM.test') } }),
  ],
  'self-issued CA that its own constraints would exclude': [
    'trusted',
    async () => {
      const top = await createRoot({ commonName: 'Rolling', ...permit('directory', 'C=CH') });
      const rolled = await intermediate({ commonName: 'Rolling' }, top);
      const middle = await intermediate({ country: 'CH' }, rolled);
      const { certificate } = await leafOf(middle);
      return { presented: [certificate, middle.certificate, rolled.certificate], roots: [top.certificate] };
    },
    'unhandled-critical-extension',
  ],
  'signature of the root damaged': [
    'trusted',
    async () => {
      const chain = await three();
      return { ...chain, roots: [withBytes(root.certificate, flipLastByte)] };
    },
  ],
  'root without basicConstraints': ['trusted', () => three({ root: { isCa: 'unstated' } }), 'not-a-ca'],
  'an issuer that leads nowhere before the one that leads on': [
    'unknown-issuer',
    async () => {
      const middle = await intermediate({}, stranger);
      const crossed = await intermediate({ privateKey: middle.privateKey });
      const { certificate } = await leafOf(middle);
      return { presented: [certificate, middle.certificate, crossed.certificate], roots: [root.certificate] };
    },
    'trusted',
  ],
  'an issuer of the right name and the wrong key first, nothing to tell them apart': [
    'same-subject-other-key',
    async () => {
      const bare = { keyIdentifiers: false };
      const [{ presented, roots }, twin] = await Promise.all([
        three({ intermediate: bare, leaf: bare }),
        intermediate(bare),
      ]);
      return { presented: [...presented.slice(0, 1), twin.certificate, ...presented.slice(1)], roots };
    },
    'trusted',
  ],
  'in the last second of its validity': [
    'trusted',
    async () => {
      const at = new Date(Math.floor(later(1).getTime() / 1000) * 1000);
      return three({ leaf: { notAfter: at } }, { at });
    },
  ],
  'a common name that looks like a host, below a DNS constraint': [
    'trusted',
    () => three({ intermediate: permit('dns', 'mesh.test'), leaf: { commonName: 'www.other.test' } }),
  ],
  'a policy demanded, and none there': [
    'policy',
    () =>
      three({
        intermediate: { others: [{ oid: '2.5.29.36', critical: true, value: new Uint8Array([0x30, 3, 0x80, 1, 0]) }] },
      }),
  ],
  'self-signed, and another of its name and key trusted': [
    'unknown-issuer',
    async () => {
      const one = await createRoot({ commonName: 'Selfish' });
      const renewed = await createRoot({ commonName: 'Selfish', privateKey: one.privateKey });
      return { presented: [one.certificate], roots: [renewed.certificate] };
    },
  ],
  'a root, then an expired renewal of it': [
    'expired',
    async () => {
      const options = { country: 'CH', organization: 'SM', commonName: 'Root', privateKey: root.privateKey };
      const expired = await createRoot({ ...options, notBefore: later(-2), notAfter: later(-1) });
      return { ...(await three()), roots: [root.certificate, expired.certificate] };
    },
    'trusted',
  ],
};
