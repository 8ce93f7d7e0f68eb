import { describe, expect, it } from 'vitest';
import { type Authority, type AuthorityOptions, createIntermediate, createRoot } from '../issue.ts';
import { withBytes } from '../testing/oracles.ts';
import { brokenConversations, trustGraph } from './graph.ts';
import type { VerdictCode } from './model.ts';
import type { Observation, ObservedProxy } from './observation.ts';
import { observe, presented, talk, testLeaf, type TestPlane, testPlane, testProxy } from './testing/planes.ts';

const DAY = 86_400_000;
const later = (days: number) => new Date(Date.now() + days * DAY);
const past = { notBefore: later(-9), notAfter: later(-8) };
const future = { notBefore: later(8), notAfter: later(9) };

const smRoot = await createRoot({ commonName: 'SM Root CA' });
const otherRoot = await createRoot({ commonName: 'Other Root CA' });
const [sm, other] = [smRoot, otherRoot].map(
  ({ certificate }) => `"${certificate.subjectCommonName}" \\(${certificate.fingerprint.slice(0, 16)}\\)`,
);
const meshCa = await createIntermediate(smRoot, { commonName: 'Mesh CA' });
const mesh = await testPlane('mesh', meshCa);
const joined = await testPlane('edge', await createIntermediate(smRoot, { commonName: 'Gateway CA' }));
const split = await testPlane('edge', await createIntermediate(otherRoot, { commonName: 'Gateway CA' }));

const details = await testProxy(mesh, 'details');
const gateway = async (plane: TestPlane, parts: Parameters<typeof testProxy>[2] = {}) =>
  await testProxy(plane, 'gw', { kind: 'gateway', ...parts });

/** The mesh plane with a sidecar whose CA below the shared root is odd, beside a sound one. */
async function withCa(options: Partial<AuthorityOptions>): Promise<Observation> {
  const ca = await createIntermediate(smRoot, { commonName: 'Odd CA', ...options });
  return observe([mesh], [details, await testProxy(mesh, 'odd', { ca })]);
}
const withOdd = async (parts: Parameters<typeof testProxy>[2]): Promise<Observation> =>
  observe([mesh], [details, await testProxy(mesh, 'odd', parts)]);
/** Two planes, their gateway and a sidecar. */
const withGateway = async (plane: TestPlane, parts: Partial<ObservedProxy> = {}): Promise<Observation> =>
  observe([mesh, plane], [details, await gateway(plane, parts)]);
const selfSigned = async () => await createRoot({ organization: 'cluster.local' } as AuthorityOptions);

/** Two istiods that write one ConfigMap, which holds the other one's root just now. */
async function fight(ca = meshCa): Promise<Observation> {
  const maps = { rootMapName: 'istio-ca-root-cert' };
  const [one, two] = [await testPlane('mesh', ca, maps), await testPlane('edge', split.ca, maps)];
  const proxies = [await testProxy(one, 'details'), await testProxy(one, 'reviews')];
  return observe([{ ...one, bundle: two.bundle }, two], proxies);
}
async function seenDuringFight(ca: Authority): Promise<Observation> {
  const observed = await fight(ca);
  const roots = split.bundle.certificates;
  return { ...observed, proxies: observed.proxies.map((one) => ({ ...one, seenBy: 'handshake', roots })) };
}

interface Case {
  readonly observed: () => Observation | Promise<Observation>;
  /** Client and server. */
  readonly talk: readonly [string, string];
  readonly verdict: VerdictCode;
  readonly reason: RegExp;
  /** Each fits one remedy; none are expected where it is empty. */
  readonly remedies: readonly RegExp[];
}

const WORKLOAD: Record<string, Case> = {
  'a shared root': {
    observed: () => withGateway(joined),
    talk: ['gw', 'details'],
    verdict: 'trusted',
    reason: new RegExp(
      `^Gateway gw and sidecar details accept each other: both chains lead to ${sm}, which both trust\\.$`,
    ),
    remedies: [],
  },
  'no root in common': {
    observed: () => withGateway(split),
    talk: ['gw', 'details'],
    verdict: 'unknown-issuer',
    reason: new RegExp(
      `^Gateway gw refuses sidecar details: the presented chain leads to ${sm}, but only ${other} is trusted\\. ` +
        `Sidecar details refuses gateway gw as well: the presented chain leads to ${other}, but only ${sm} is trusted\\.$`,
    ),
    remedies: [
      /^Give edge\/istiod and mesh\/istiod intermediates under one root: .*cacerts.*cert-manager/,
      /PERMISSIVE.*BackendTLSPolicy/,
    ],
  },
  'two self-signed istiods, which bear one name': {
    observed: async () => {
      const one = await testPlane('one', await selfSigned());
      const two = await testPlane('two', await selfSigned());
      return observe([one, two], [await testProxy(one, 'details'), await gateway(two)]);
    },
    talk: ['gw', 'details'],
    verdict: 'unknown-issuer',
    reason:
      /leads to "O=cluster\.local" \([0-9a-f]{16}\), but only "O=cluster\.local" \([0-9a-f]{16}\) is trusted, another CA of the same name/,
    remedies: [/under one root/, /PERMISSIVE/],
  },
  'a root of the same name and another key': {
    observed: async () => {
      const twin = await createRoot({ commonName: 'SM Root CA' });
      return await withGateway(await testPlane('edge', await createIntermediate(twin, { commonName: 'Gateway CA' })));
    },
    talk: ['gw', 'details'],
    verdict: 'same-subject-other-key',
    reason: new RegExp(
      `^Gateway gw refuses sidecar details: "Mesh CA" \\(\\w{16}\\) was signed by another key than that of "SM Root CA" \\(\\w{16}\\)`,
    ),
    remedies: [/^Two CAs with different keys are called "SM Root CA": compare fingerprints/],
  },
  'a root only on one side': {
    observed: () => withGateway(split, { roots: [otherRoot.certificate, smRoot.certificate] }),
    talk: ['gw', 'details'],
    verdict: 'one-way-trust',
    reason: new RegExp(
      `^Sidecar details refuses gateway gw: the presented chain leads to ${other}, but only ${sm} is trusted\\. ` +
        'The other way round, gateway gw accepts sidecar details\\.$',
    ),
    remedies: [
      new RegExp(`^Add ${other} to root-cert.pem in the Secret cacerts in mesh;`),
      /under one root/,
      /PERMISSIVE/,
    ],
  },
  'a proxy of the time before a second root was handed out': {
    observed: async () => {
      const plane = await testPlane('mesh', meshCa, { roots: [otherRoot.certificate, smRoot.certificate] });
      const old = await testProxy(plane, 'odd', { ca: split.ca, roots: [otherRoot.certificate] });
      return observe([plane], [await testProxy(plane, 'details'), old]);
    },
    talk: ['details', 'odd'],
    verdict: 'one-way-trust',
    reason: /^Sidecar odd refuses sidecar details: .* The other way round, sidecar details accepts sidecar odd\.$/,
    remedies: [/^Restart the pods of sidecar odd: a running proxy keeps/],
  },
  'a proxy that does not know yet which second root its istiod hands out': {
    observed: async () => {
      const both = [smRoot.certificate, otherRoot.certificate];
      const [home, edge] = [
        await testPlane('mesh', meshCa, { roots: both }),
        await testPlane('edge', split.ca, { roots: both }),
      ];
      return observe(
        [home, edge],
        [await testProxy(home, 'details', { roots: mesh.bundle.certificates }), await gateway(edge)],
      );
    },
    talk: ['gw', 'details'],
    verdict: 'one-way-trust',
    reason: /^Sidecar details refuses gateway gw: .* The other way round, gateway gw accepts sidecar details\.$/,
    remedies: [/^Restart the pods of sidecar details: a running proxy keeps/],
  },
  'a proxy whose old root is not handed out any more': {
    observed: () => withOdd({ ca: split.ca, roots: [otherRoot.certificate, smRoot.certificate] }),
    talk: ['details', 'odd'],
    verdict: 'one-way-trust',
    reason: /^Sidecar details refuses sidecar odd: .* The other way round, sidecar odd accepts sidecar details\.$/,
    remedies: [/^Restart the pods of sidecar odd: a running proxy keeps/],
  },
  'a root-cert.pem that is not the root of what istiod issues': {
    observed: async () => {
      const plane = await testPlane('mesh', smRoot, { roots: [otherRoot.certificate] });
      return observe([plane], [await testProxy(plane, 'details'), await testProxy(plane, 'reviews')]);
    },
    talk: ['details', 'reviews'],
    verdict: 'unknown-issuer',
    reason: new RegExp(
      `^Sidecars details and reviews refuse each other: the presented chain leads to ${sm}, but only ${other}`,
    ),
    remedies: [
      /^Restart the pods of sidecars/,
      new RegExp(`^If that does not help, root-cert\\.pem in .* lacks ${sm}`),
    ],
  },
  'a root made anew without signing the intermediate again': {
    observed: async () => {
      const plane = await testPlane('mesh', meshCa, { roots: [otherRoot.certificate] });
      return observe([plane], [await testProxy(plane, 'details'), await testProxy(plane, 'reviews')]);
    },
    talk: ['details', 'reviews'],
    verdict: 'unknown-issuer',
    reason:
      /^Sidecars details and reviews refuse each other: "CN=SM Root CA", the issuer of "Mesh CA" .* was neither presented nor seen/,
    remedies: [/^Find out what "CN=SM Root CA" is, .* a root in root-cert\.pem in the Secret cacerts in mesh/],
  },
  'a proxy of the time before its istiod changed its CA': {
    observed: () => withOdd({ ca: split.ca, roots: [otherRoot.certificate] }),
    talk: ['details', 'odd'],
    verdict: 'unknown-issuer',
    reason: /^Sidecar details refuses sidecar odd: .* Sidecar odd refuses sidecar details as well: /,
    remedies: [/^Restart the pods of sidecar odd:/],
  },
  'a leaf that has expired': {
    observed: () => withOdd({ leaf: past }),
    talk: ['details', 'odd'],
    verdict: 'expired',
    reason:
      /^Sidecar details refuses sidecar odd: "spiffe:\/\/cluster\.local\/ns\/apps\/sa\/odd" \(\w{16}\) expired at .*The other way round/,
    remedies: [/agent’s log/],
  },
  'an intermediate that has expired': {
    observed: () => withCa(past),
    talk: ['odd', 'details'],
    verdict: 'expired',
    reason: /^Sidecar details refuses sidecar odd: "Odd CA" \(\w{16}\) expired at /,
    remedies: [/^Renew "Odd CA" \(\w{16}\), in the Secret cacerts in mesh/],
  },
  'an intermediate of tomorrow': {
    observed: () => withCa(future),
    talk: ['details', 'odd'],
    verdict: 'not-yet-valid',
    reason: /refuses sidecar odd: "Odd CA" \(\w{16}\) is not valid before /,
    remedies: [/clocks/],
  },
  'an intermediate that is no CA': {
    observed: () => withCa({ isCa: false, keyUsages: ['digitalSignature'] }),
    talk: ['details', 'odd'],
    verdict: 'ca-flag-missing',
    reason: /refuses sidecar odd: "Odd CA" \(\w{16}\) issued a certificate of the chain but is not marked as a CA/,
    remedies: [/again as a CA/, /without this fault/],
  },
  'an intermediate that is not presented, but known': {
    observed: async () => withOdd({ chain: (await testProxy(mesh, 'odd')).chain?.slice(0, 1) }),
    talk: ['details', 'odd'],
    verdict: 'chain-incomplete',
    reason: new RegExp(
      `^Sidecar details refuses sidecar odd: "Mesh CA" \\(\\w{16}\\) is missing from what is presented, ` +
        `or the chain would lead to ${sm}, which is trusted\\.`,
    ),
    remedies: [/^Add "Mesh CA" \(\w{16}\) to cert-chain\.pem in the Secret cacerts in mesh/],
  },
  'an intermediate that nobody knows': {
    observed: async () => {
      const ca = await createIntermediate(smRoot, { commonName: 'Hidden CA' });
      return withOdd({ chain: (await testProxy(mesh, 'odd', { ca })).chain?.slice(0, 1) });
    },
    talk: ['details', 'odd'],
    verdict: 'one-way-trust',
    reason:
      /: "CN=Hidden CA", the issuer of "spiffe:.*" \(\w{16}\), was neither presented nor seen anywhere, and only "SM Root CA"/,
    remedies: [
      /^Find out what "CN=Hidden CA" is, to which the certificates of sidecar odd lead: an intermediate has to be in cert-chain\.pem/,
    ],
  },
  'a damaged signature': {
    observed: async () => {
      const [leaf, ...above] = (await testProxy(mesh, 'odd')).chain ?? [];
      const damaged = withBytes(leaf!, (der) => (der[der.length - 1] = der.at(-1)! ^ 1));
      return withOdd({ chain: [damaged, ...above] });
    },
    talk: ['details', 'odd'],
    verdict: 'invalid-chain',
    reason: /refuses sidecar odd: the signature on spiffe:.* does not verify with the key of "CN=Mesh CA"/,
    remedies: [/issued anew by mesh\/istiod/],
  },
  'a leaf for clients only': {
    observed: () => withOdd({ leaf: { extendedKeyUsages: ['clientAuth'] } }),
    talk: ['details', 'odd'],
    verdict: 'invalid-chain',
    reason: /^Sidecar details refuses sidecar odd: .* is not meant for serverAuth .* The other way round/,
    remedies: [/issued anew by mesh\/istiod/],
  },
  'the same leaf as a client': {
    observed: () => withOdd({ leaf: { extendedKeyUsages: ['clientAuth'] } }),
    talk: ['odd', 'details'],
    verdict: 'trusted',
    reason: /accept each other/,
    remedies: [],
  },
  'another trust domain': {
    observed: async () => withGateway(await testPlane('edge', joined.ca, { trustDomain: 'edge.local' })),
    talk: ['gw', 'details'],
    verdict: 'trust-domain-differs',
    reason:
      /^Gateway gw refuses sidecar details: the certificate is of trust domain cluster\.local, accepted is only edge\.local\. Sidecar details refuses gateway gw as well: the certificate is of trust domain edge\.local, accepted is only cluster\.local\.$/,
    remedies: [
      /^Add cluster\.local to meshConfig\.trustDomainAliases of edge\/istiod: then its AuthorizationPolicies, too/,
      /^Add edge\.local to meshConfig\.trustDomainAliases of mesh\/istiod: then its AuthorizationPolicies, too/,
    ],
  },
  'another trust domain, an alias on one side': {
    observed: async () => {
      const edge = { trustDomain: 'edge.local', trustDomainAliases: ['cluster.local'] };
      return withGateway(await testPlane('edge', joined.ca, edge));
    },
    talk: ['gw', 'details'],
    verdict: 'trust-domain-differs',
    reason: /^Sidecar details refuses gateway gw: .* The other way round, gateway gw accepts sidecar details\.$/,
    remedies: [
      /^Add edge\.local to meshConfig\.trustDomainAliases of mesh\/istiod: then its AuthorizationPolicies, too/,
    ],
  },
  'another trust domain, aliases on both sides': {
    observed: async () => {
      const edge = await testPlane('edge', joined.ca, {
        trustDomain: 'edge.local',
        trustDomainAliases: ['cluster.local'],
      });
      const home = await testPlane('mesh', meshCa, { trustDomainAliases: ['edge.local'] });
      return observe([home, edge], [details, await gateway(edge)]);
    },
    talk: ['gw', 'details'],
    verdict: 'trusted',
    reason: /accept each other/,
    remedies: [],
  },
  'a leaf of another service account': {
    observed: () => withOdd({ leaf: { spiffeId: 'spiffe://cluster.local/ns/apps/sa/bank' } }),
    talk: ['details', 'odd'],
    verdict: 'san-refused',
    reason:
      /^Sidecar details refuses sidecar odd: the certificate names spiffe:\/\/cluster\.local\/ns\/apps\/sa\/bank, not its pod's ns\/apps\/sa\/odd\./,
    remedies: [/^Restart the pods of sidecar odd, whose certificates have to name ns\/apps\/sa\/odd\.$/],
  },
  'the same leaf as a client, of whom servers only ask the trust domain': {
    observed: () => withOdd({ leaf: { spiffeId: 'spiffe://cluster.local/ns/apps/sa/bank' } }),
    talk: ['odd', 'details'],
    verdict: 'trusted',
    reason: /accept each other/,
    remedies: [],
  },
  'two trusted CAs of one name without key identifiers': {
    observed: async () => {
      const bare = { commonName: 'Bare Root CA', keyIdentifiers: false };
      const [ca, twin] = await Promise.all([createRoot(bare), createRoot(bare)]);
      const plane = await testPlane('mesh', ca, { roots: [ca.certificate, twin.certificate] });
      const leaf = { keyIdentifiers: false };
      return observe(
        [plane],
        [await testProxy(plane, 'details', { leaf }), await testProxy(plane, 'reviews', { leaf })],
      );
    },
    talk: ['reviews', 'details'],
    verdict: 'same-subject-other-key',
    reason:
      /^Sidecars details and reviews refuse each other: .*"Bare Root CA" .*another path would hold, but Envoy takes the first CA that fits/,
    remedies: [/^Take CAs that are not in use out of .*key identifiers: Envoy does not search among them\.$/],
  },
  'an unknown root and an expired leaf': {
    observed: async () => {
      const edge = await testProxy(split, 'gw', { kind: 'gateway', leaf: past });
      return observe([mesh, split], [details, edge]);
    },
    talk: ['gw', 'details'],
    verdict: 'unknown-issuer',
    reason: /Sidecar details refuses gateway gw as well: .* is trusted; "spiffe:.*" \(\w{16}\) expired at /,
    remedies: [/under one root/, /PERMISSIVE/, /agent’s log/],
  },
  'a server whose chain was not seen': {
    observed: () =>
      withOdd({ chain: undefined, roots: undefined, bundle: undefined, seenBy: 'none', problem: 'It timed out.' }),
    talk: ['details', 'odd'],
    verdict: 'not-seen',
    reason:
      /^Whether sidecar details accepts sidecar odd cannot be told: what sidecar odd presents was not seen \(It timed out\)\. Whether sidecar odd accepts sidecar details cannot be told: what sidecar odd trusts was not seen/,
    remedies: [],
  },
  'a gateway of which only the ConfigMap was seen, and that is enough': {
    observed: () =>
      withGateway(split, { chain: undefined, roots: undefined, seenBy: 'none', problem: 'no right to exec' }),
    talk: ['gw', 'details'],
    verdict: 'unknown-issuer',
    reason:
      /^Gateway gw refuses sidecar details: .* Whether sidecar details accepts gateway gw cannot be told: .* What gateway gw trusts is read from the root ConfigMap, not from Envoy\.$/,
    remedies: [/under one root/, /PERMISSIVE/],
  },
  'a sidecar seen by a handshake': {
    observed: () => withOdd({ seenBy: 'handshake' }),
    talk: ['details', 'odd'],
    verdict: 'not-seen',
    reason:
      /Whether sidecar odd accepts sidecar details cannot be told: what sidecar odd holds may be older than the root ConfigMap, and Envoy was not asked\. What sidecar odd trusts is read from the root ConfigMap, not from Envoy\.$/,
    remedies: [],
  },
  'sidecars seen by a handshake while another istiod overwrites their ConfigMap': {
    observed: () => seenDuringFight(smRoot),
    talk: ['details', 'reviews'],
    verdict: 'not-seen',
    reason:
      /cannot be told: .* may be older than the root ConfigMap, .* What sidecars details and reviews trust is taken to be the root of mesh\/istiod, since the root ConfigMap holds another\.$/,
    remedies: [],
  },
  'the same, and nobody shows the root of their istiod': {
    observed: () => seenDuringFight(meshCa),
    talk: ['details', 'reviews'],
    verdict: 'not-seen',
    reason: /^Whether sidecars details and reviews accept each other cannot be told: what .* trust was not seen/,
    remedies: [],
  },
  'a proxy of an unknown plane': {
    observed: () => withOdd({ plane: undefined }),
    talk: ['details', 'odd'],
    verdict: 'trusted',
    reason: /The trust domain of sidecar odd is read from the certificate, since the plane is not known\.$/,
    remedies: [],
  },
  'an empty chain': {
    observed: () => withOdd({ chain: [] }),
    talk: ['details', 'odd'],
    verdict: 'invalid-chain',
    reason: /^Sidecar details refuses sidecar odd: no certificate is presented\./,
    remedies: [/agent’s log/],
  },
  'an empty bundle': {
    observed: () => withOdd({ roots: [] }),
    talk: ['odd', 'details'],
    verdict: 'one-way-trust',
    reason: /^Sidecar odd refuses sidecar details: .* but no root is trusted at all\./,
    remedies: [/^Restart the pods of sidecar odd:/],
  },
  'a leaf whose name is no SPIFFE ID': {
    observed: () => withOdd({ leaf: { spiffeId: 'https://cart.shop.test' } }),
    talk: ['odd', 'details'],
    verdict: 'san-refused',
    reason: /^Sidecar details refuses sidecar odd: https:\/\/cart\.shop\.test is no SPIFFE ID\./,
    remedies: [/^Restart the pods/],
  },
};

const CONTROL: Record<string, Omit<Case, 'talk'>> = {
  'its own root in the ConfigMap': {
    observed: () => observe([mesh], [details]),
    verdict: 'trusted',
    reason: new RegExp(
      `^The agent of sidecar details accepts istiod mesh/istiod by the root ConfigMap apps/mesh-root-cert: the presented chain leads to ${sm}\\.$`,
    ),
    remedies: [],
  },
  'the other plane’s root in the ConfigMap both write': {
    observed: () => fight(),
    verdict: 'agent-bundle-differs',
    reason: new RegExp(
      `^The agents of sidecars details and reviews refuse istiod mesh/istiod by the root ConfigMap apps/istio-ca-root-cert: ` +
        `the presented chain leads to ${sm}, but only ${other} is trusted\\.$`,
    ),
    remedies: [
      /^mesh\/istiod and edge\/istiod write the same ConfigMap istio-ca-root-cert: .*global\.trustBundleName/,
      /^If ConfigMap .* restart the pods of sidecars details and reviews\.$/,
    ],
  },
  'a ConfigMap that is not its plane’s': {
    observed: async () => observe([mesh, split], [await testProxy(mesh, 'details', { bundle: split.bundle.id })]),
    verdict: 'agent-bundle-differs',
    reason: /by the root ConfigMap apps\/edge-root-cert: /,
    remedies: [
      /^Restart the pods of sidecar details: they still mount apps\/edge-root-cert, but mesh\/istiod writes ConfigMap mesh-root-cert\.$/,
    ],
  },
  'an empty ConfigMap': {
    observed: () => observe([{ ...mesh, bundle: { ...mesh.bundle, certificates: [], isEmpty: true } }], [details]),
    verdict: 'agent-bundle-missing',
    reason:
      /^The agent of sidecar details refuses istiod mesh\/istiod by .*: the root ConfigMap apps\/mesh-root-cert holds no root/,
    remedies: [/^mesh\/istiod has to write ConfigMap mesh-root-cert into apps: .*discoverySelectors/],
  },
  'a ConfigMap that could not be read': {
    observed: () =>
      observe([{ ...mesh, bundle: { ...mesh.bundle, certificates: [], problem: 'forbidden' } }], [details]),
    verdict: 'not-seen',
    reason:
      /^Whether the agent of sidecar details accepts istiod mesh\/istiod cannot be told: which root the agent of sidecar details reads was not seen \(forbidden\)\.$/,
    remedies: [],
  },
  'an istiod that was not seen': {
    observed: () => observe([{ ...mesh, observed: { ...mesh.observed, serving: undefined } }], [details]),
    verdict: 'not-seen',
    reason: /what istiod mesh\/istiod presents was not seen/,
    remedies: [],
  },
  'an istiod that was not seen, and a ConfigMap without the root it issues under': {
    observed: () => {
      const observed = { ...mesh.observed, serving: undefined };
      return observe([{ ...mesh, observed, bundle: { ...split.bundle, id: mesh.bundle.id } }], [details]);
    },
    verdict: 'agent-bundle-differs',
    reason:
      /^The agent of sidecar details refuses .* What istiod mesh\/istiod presents was not seen, so this is judged by what it issued\.$/,
    remedies: [/restart the pods/],
  },
  'an istiod that was not seen, and a proxy whose own certificate has expired': {
    observed: async () => {
      const observed = { ...mesh.observed, serving: undefined };
      return observe([{ ...mesh, observed }], [await testProxy(mesh, 'details', { leaf: past })]);
    },
    verdict: 'not-seen',
    reason: /what istiod mesh\/istiod presents was not seen\.$/,
    remedies: [],
  },
  'two roots of one name, among which an agent searches': {
    observed: async () => {
      const bare = { commonName: 'Bare Root CA', keyIdentifiers: false };
      const [ca, twin] = await Promise.all([createRoot(bare), createRoot(bare)]);
      const plane = await testPlane('mesh', ca, { roots: [twin.certificate, ca.certificate] });
      return observe([plane], [await testProxy(plane, 'details')]);
    },
    verdict: 'trusted',
    reason: /leads to "Bare Root CA"/,
    remedies: [],
  },
  'an istiod of another name': {
    observed: () =>
      observe([{ ...mesh, observed: { ...mesh.observed, serverName: 'istiod-canary.mesh.svc' } }], [details]),
    verdict: 'san-refused',
    reason: /refuses istiod .*: its certificate names istiod\.mesh\.svc, not istiod-canary\.mesh\.svc\.$/,
    remedies: [/^Restart mesh\/istiod/],
  },
  'an istiod whose name is a wildcard of a part of a label, which Go does not take': {
    observed: () => namedAs('istio*.mesh.svc'),
    verdict: 'san-refused',
    reason: /its certificate names istio\*\.mesh\.svc, not istiod\.mesh\.svc\.$/,
    remedies: [/^Restart mesh\/istiod/],
  },
  'an istiod whose name is a wildcard of a whole label': {
    observed: () => namedAs('*.mesh.svc'),
    verdict: 'trusted',
    reason: /leads to/,
    remedies: [],
  },
  'an istiod whose own certificate has expired': {
    observed: async () => {
      const { certificate } = await testLeaf(meshCa, { spiffeId: 'spiffe://cluster.local/ns/mesh/sa/istiod', ...past });
      const serving = [certificate, meshCa.certificate];
      const replicas = [{ pod: 'istiod-0', serving, webhook: undefined }];
      return observe([{ ...mesh, observed: { ...mesh.observed, serving, replicas } }], [details]);
    },
    verdict: 'expired',
    reason: /"spiffe:.*istiod" \(\w{16}\) expired at .*; its certificate names no host, not istiod\.mesh\.svc/,
    remedies: [/^Restart mesh\/istiod, which then issues itself another certificate/],
  },
  'an istiod below an expired CA': {
    observed: async () => {
      const plane = await testPlane('mesh', await createIntermediate(smRoot, { commonName: 'Old CA', ...past }));
      return observe([plane], [await testProxy(plane, 'details')]);
    },
    verdict: 'expired',
    reason: /"Old CA" \(\w{16}\) expired at /,
    remedies: [/^Renew "Old CA"/],
  },
};

async function namedAs(name: string) {
  const spiffeId = 'spiffe://cluster.local/ns/mesh/sa/istiod';
  const leaf = await testLeaf(meshCa, { spiffeId, alternativeNames: [{ form: 'dns', value: name }] });
  const serving = presented(leaf);
  const replicas = [{ pod: 'istiod-0', serving, webhook: undefined }];
  return observe([{ ...mesh, observed: { ...mesh.observed, serving, replicas } }], [details]);
}

async function check({ observed, verdict, reason, remedies }: Omit<Case, 'talk'>, from: string, to: string) {
  const graph = trustGraph(await observed());
  const conversation = talk(graph, from, to);
  expect(conversation).toMatchObject({ verdict, reason: expect.stringMatching(reason) as string });
  expect(conversation.remedies).toEqual(remedies.map((one) => expect.stringMatching(one) as string));
  expect(brokenConversations(graph).includes(conversation)).toBe(verdict !== 'trusted' && verdict !== 'not-seen');
  expect(JSON.parse(JSON.stringify(graph))).toEqual(graph);
}

describe('workloads', () => {
  it.each(Object.entries(WORKLOAD))('%s', async (_, one) => await check(one, ...one.talk));
});

describe('agents', () => {
  it.each(Object.entries(CONTROL))('%s', async (_, one) => await check(one, 'details', 'mesh/istiod'));
});

describe('the list of conversations', () => {
  it('has nobody talk to itself or to a gateway', async () => {
    const graph = trustGraph(await withGateway(joined));
    const list = graph.conversations.map(({ from, to }) => [...from, ...to]);
    expect(list).toEqual([
      ['apps/gw-0', 'apps/details-0'],
      ['apps/details-0', 'mesh/istiod'],
      ['apps/gw-0', 'edge/istiod'],
    ]);
  });

  it('puts what is broken first, then what was not seen, and calls only the first broken', async () => {
    const unseen = await testProxy(mesh, 'odd', { chain: undefined });
    const observed = await fight();
    const graph = trustGraph({
      ...observed,
      proxies: [...observed.proxies, unseen, await testProxy(mesh, 'late')],
    });
    const verdicts = graph.conversations.map(({ verdict }) => verdict);
    const order = ['agent-bundle-differs', 'not-seen', 'trusted'];
    expect(verdicts).toEqual(verdicts.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)));
    expect(new Set(verdicts)).toEqual(new Set(order));
    expect(brokenConversations(graph).map(({ verdict }) => verdict)).toEqual(['agent-bundle-differs']);
  });
});
