import {
  type RecordedCertificates,
  readCertificates,
  recordCertificates,
} from '../../verdict/judges/proxy-certificates.ts';
import type { HeldByProxy } from '../../observations/proxy.ts';
import { createIntermediate, createRoot, issueLeaf } from '../../verdict/trust/issue.ts';
import { alter, type Forgery, joined } from './forgery.ts';
import type { Recording } from './recording.ts';
import { reissue } from './reissue.ts';

const HELD = joined('leaf-issuer', 'chain', 'rootca-equal', 'spiffe-identity');
const OWNED = ['trust.cert-manager.cacerts-owned'] as const;

const DAY = 24 * 3_600_000;

/** What a proxy holds after a remedy, forged with real certificates. */
export const CERTIFICATES: readonly Forgery[] = [
  {
    name: 'all-certificates-new',
    breaks: 'nothing: the control of the forgeries that need every certificate made anew',
    red: [],
    forge: (recording) => reissue(recording),
  },
  {
    name: 'leaf-of-another-ca',
    breaks: 'productpage’s certificate comes from a CA of another name under another root',
    red: [...joined('leaf-issuer', 'chain'), ...OWNED],
    forge: (recording) => underForeignRoot(recording, () => 'Foreign CA'),
  },
  {
    name: 'leaf-of-a-namesake',
    breaks: 'productpage’s certificate comes from a CA and a root of the right names and other keys',
    red: [...joined('chain'), ...OWNED],
    forge: (recording) => underForeignRoot(recording, ({ chain }) => chain[0]?.issuerCommonName ?? ''),
  },
  {
    name: 'chain-without-intermediate',
    breaks: 'the gateway presents its certificate without the intermediate that issued it',
    red: [...joined('leaf-issuer', 'chain'), ...OWNED],
    forge: (recording) =>
      alterHeld(recording, 'mesh-gateway-', (one) => ({ ...one, chain: one.chain.filter((_, depth) => depth !== 1) })),
  },
  {
    name: 'certificates-expired',
    breaks: 'the proxies still hold what they held two days ago',
    red: joined('chain'),
    forge: (recording) =>
      alter(recording, HELD, (seen) => ({ ...seen, at: new Date(Date.parse(seen.at) + 2 * DAY).toISOString() })),
  },
  {
    name: 'rootca-with-one-root-more',
    breaks: 'reviews-v2 trusts a foreign root beside the shared one',
    red: joined('rootca-equal'),
    forge: async (recording) => {
      const { certificate } = await createRoot({ commonName: 'Foreign Root CA' });
      alterHeld(recording, 'reviews-v2-', (one) => ({ ...one, roots: [...one.roots, certificate] }));
    },
  },
  {
    name: 'rootca-of-a-namesake',
    breaks: 'the gateway trusts a root with the shared root’s name and another key',
    red: joined('rootca-equal'),
    forge: async (recording) => {
      const { certificate } = await createRoot({ organization: 'SM', country: 'CH', commonName: 'SM Root CA' });
      alterHeld(recording, 'mesh-gateway-', (one) => ({ ...one, roots: [certificate] }));
    },
  },
  {
    name: 'identity-of-another-account',
    breaks: 'ratings holds the certificate of details',
    red: joined('spiffe-identity'),
    forge: (recording) =>
      alterHeld(recording, 'ratings-', (one, all) => ({
        ...one,
        chain: all.find(({ proxy }) => proxy.name.startsWith('details-'))?.chain ?? [],
      })),
  },
  {
    name: 'proxy-missing',
    breaks: 'reviews-v3 had no proxy that could be read',
    red: HELD,
    forge: (recording) =>
      alter(recording, HELD, (seen) => ({
        ...seen,
        proxies: seen.proxies.filter(({ name }) => !name.startsWith('reviews-v3-')),
      })),
  },
  {
    name: 'second-identity',
    breaks: 'productpage’s certificate has the gateway’s SPIFFE ID beside its own',
    red: joined('spiffe-identity'),
    forge: (recording) => {
      const all = recording['trust.manual.chain'];
      const gateway = all && readCertificates(all).find(({ proxy }) => proxy.plane === 'gateway');
      const value = gateway?.chain[0]?.uris[0] ?? '';
      return reissue(recording, { leaf: { alternativeNames: [{ form: 'uri', value }] } });
    },
  },
  {
    name: 'leaf-of-the-other-plane',
    breaks: 'productpage’s certificate was issued by the gateway plane’s intermediate, under the shared root',
    red: [...joined('leaf-issuer'), ...OWNED],
    forge: (recording) => reissue(recording, { issuer: 'gateway' }),
  },
  {
    name: 'leaf-for-servers-only',
    breaks: 'productpage’s certificate may not be used by a client',
    red: joined('chain'),
    forge: (recording) => reissue(recording, { leaf: { extendedKeyUsages: ['serverAuth'] } }),
  },
  {
    name: 'intermediate-that-is-no-ca',
    breaks: 'the gateway plane’s intermediate lacks the CA flag',
    red: [...joined('chain'), 'trust.cert-manager.ca-usages'],
    forge: (recording) => reissue(recording, { gatewayCa: { isCa: false } }),
  },
  {
    name: 'intermediate-expired',
    breaks: 'the gateway plane’s intermediate has expired, the certificates below it have not',
    red: joined('chain'),
    forge: (recording) => reissue(recording, { gatewayCa: { notBefore: new Date(0), notAfter: new Date(DAY) } }),
  },
  {
    name: 'path-too-long',
    breaks: 'the root allows no intermediate below it',
    red: joined('chain'),
    forge: (recording) => reissue(recording, { root: { pathLength: 0 } }),
  },
  {
    name: 'intermediate-with-other-usages',
    breaks: 'the gateway plane’s intermediate may sign certificates and nothing else that was asked for',
    red: ['trust.cert-manager.ca-usages'],
    forge: (recording) => reissue(recording, { gatewayCa: { keyUsages: ['keyCertSign'] } }),
  },
];

/** Changes what a proxy, told by the beginning of its name, holds in the joined labs. */
function alterHeld(
  recording: Recording,
  name: string,
  by: (one: HeldByProxy, all: readonly HeldByProxy[]) => HeldByProxy,
): void {
  const changed = <Seen extends RecordedCertificates>(seen: Seen): Seen => {
    const held = readCertificates(seen);
    const others = held.map((one) => (one.proxy.name.startsWith(name) ? by(one, held) : one));
    return { ...seen, ...recordCertificates(others, new Date(seen.at)) };
  };
  alter(recording, HELD, changed);
  alter(recording, OWNED, changed);
}

/** Has productpage present a certificate from another hierarchy, whose CA is named by `nameOf`. */
async function underForeignRoot(recording: Recording, nameOf: (one: HeldByProxy) => string): Promise<void> {
  const recorded = recording['trust.manual.chain'];
  if (recorded === undefined) return;
  const productpage = readCertificates(recorded).find(({ proxy }) => proxy.name.startsWith('productpage-'));
  if (productpage === undefined) throw new Error('the recording has no productpage');
  const now = new Date(recorded.at);
  const root = await createRoot({ now, organization: 'SM', country: 'CH', commonName: 'SM Root CA' });
  const ca = await createIntermediate(root, { now, commonName: nameOf(productpage) });
  const leaf = await issueLeaf(ca, { now, spiffeId: productpage.chain[0]?.uris[0] ?? '' });
  alterHeld(recording, 'productpage-', (one) => ({ ...one, chain: leaf.chain }));
}
