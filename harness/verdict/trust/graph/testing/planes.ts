import type { Certificate } from '../../../../observations/certificate.ts';
import { type Authority, type Credential, issueLeaf, type LeafOptions, PrivateKey } from '../../issue.ts';
import type { Conversation, TrustGraph } from '../model.ts';
import type { Observation, ObservedAuthority, ObservedBundle, ObservedPlane, ObservedProxy } from '../observation.ts';

/** A plane, its CA and the root ConfigMap its workloads mount. */
export interface TestPlane {
  readonly observed: ObservedPlane;
  readonly ca: Authority;
  readonly bundle: ObservedBundle;
}

/** The key of all test leaves; nobody looks at whose it is. */
export const leafKey = await PrivateKey.generate('P-256');

/** A plane in a namespace of its own whose istiod serves and issues by `ca`; trusts the CA's root unless told otherwise. */
export async function testPlane(
  namespace: string,
  ca: Authority,
  { roots = ca.chain.slice(-1), ...parts }: Partial<ObservedPlane> & { roots?: readonly Certificate[] } = {},
): Promise<TestPlane> {
  const serverName = `istiod.${namespace}.svc`;
  const serving = await testLeaf(ca, {
    spiffeId: `spiffe://cluster.local/ns/${namespace}/sa/istiod`,
    alternativeNames: [{ form: 'dns', value: serverName }],
  });
  const observed: ObservedPlane = {
    id: `${namespace}/istiod`,
    namespace,
    revision: '',
    version: '1.29.1',
    trustDomain: 'cluster.local',
    trustDomainAliases: [],
    alsoAdmits: [],
    serverName,
    serving: presented(serving),
    replicas: [{ pod: 'istiod-0', serving: parts.serving ?? presented(serving), webhook: presented(serving) }],
    issues: true,
    keepsOwnCacerts: false,
    rootMapName: `${namespace}-root-cert`,
    ...parts,
  };
  const bundle = {
    id: `apps/${observed.rootMapName}`,
    certificates: [...roots],
    problem: undefined,
    isEmpty: roots.length === 0,
  };
  return { observed, ca, bundle };
}

type ProxyParts = Partial<ObservedProxy> & { readonly leaf?: Partial<LeafOptions>; readonly ca?: Authority };

/** A proxy that holds what its plane gives it, but for what is given. */
export async function testProxy(plane: TestPlane, app: string, parts: ProxyParts = {}): Promise<ObservedProxy> {
  const { leaf, ca = plane.ca, ...others } = parts;
  const { trustDomain } = plane.observed;
  const credential = await testLeaf(ca, { spiffeId: `spiffe://${trustDomain}/ns/apps/sa/${app}`, ...leaf });
  return {
    id: `apps/${app}-0`,
    namespace: 'apps',
    name: `${app}-0`,
    app,
    kind: 'sidecar',
    serves: others.kind !== 'gateway',
    seenAt: new Date(),
    rootsByDomain: undefined,
    revocation: undefined,
    serviceAccount: app,
    plane: plane.observed.id,
    externalCa: undefined,
    version: '1.29.1',
    seenBy: 'admin',
    problem: undefined,
    chain: presented(credential),
    roots: plane.bundle.certificates,
    bundle: plane.bundle.id,
    ...others,
  };
}

/** The Secret that a plane's CA is plugged in with, sound unless told otherwise. */
export const testSecret = (
  { observed }: TestPlane,
  ca: Authority,
  parts: Partial<ObservedAuthority> = {},
): ObservedAuthority => ({
  id: `${observed.namespace}/cacerts`,
  kind: 'cacerts',
  plane: observed.id,
  form: 'istio',
  isSelfMade: false,
  keeper: undefined,
  chain: ca.chain.slice(0, -1),
  roots: ca.chain.slice(-1),
  problem: undefined,
  ...parts,
});

/** What was observed of these planes, with their bundles, and these proxies. */
export function observe(planes: readonly TestPlane[], proxies: readonly ObservedProxy[]): Observation {
  return {
    at: new Date(),
    planes: planes.map(({ observed }) => observed),
    proxies: [...proxies],
    bundles: planes.map(({ bundle }) => bundle),
    authorities: [],
    webhooks: [],
    unseen: [],
    beside: [],
  };
}

/** The conversation in which one app calls another, or calls its istiod. */
export function talk(graph: TrustGraph, from: string, to: string): Conversation {
  const id = (name: string) => (name.includes('/') ? name : `apps/${name}-0`);
  const found = graph.conversations.filter((one) => one.from.includes(id(from)) && one.to.includes(id(to)));
  const [conversation] = found;
  if (conversation === undefined || found.length > 1) throw new Error(`${found.length} conversations ${from} → ${to}`);
  return conversation;
}

/** A leaf in the key of all test leaves. */
export const testLeaf = async (ca: Authority, options: LeafOptions): Promise<Credential> =>
  await issueLeaf(ca, { privateKey: leafKey, ...options });

/** A chain as istiod hands it out: without the root, unless that signs leaves itself. */
export const presented = ({ chain }: Credential): Certificate[] => (chain.length > 2 ? chain.slice(0, -1) : [...chain]);
