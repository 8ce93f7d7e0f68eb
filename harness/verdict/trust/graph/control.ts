import { X509Certificate } from 'node:crypto';
import type { Certificate } from '../../../observations/certificate.ts';
import { defined } from '../../../common/defined.ts';
import { GO } from '../readers/go.ts';
import { untilOf } from './ends.ts';
import { chainRemedy } from './remedies.ts';
import type { EdgeFault } from './fault.ts';
import { byGravity } from './handshake.ts';
import { presentedBy } from './known.ts';
import { keyOf, type Lineage } from './lineage.ts';
import type { Conversation, VerdictCode } from './model.ts';
import type { ObservedBundle, ObservedPlane, ObservedProxy } from './observation.ts';
import { causes } from './reason.ts';
import type { Replica, Scene } from './scene.ts';
import { called, listed, nameProxies, sentence, verb } from './words.ts';

/** Proxies of one plane whose agents read the same roots. */
interface Agents {
  readonly members: readonly ObservedProxy[];
  readonly plane: ObservedPlane;
  /** Undefined if it was not seen. */
  readonly bundle: ObservedBundle | undefined;
  /** Why not. */
  readonly problem: string | undefined;
  /** What istiod presents; undefined if it was not seen. */
  readonly serving: Lineage | undefined;
  /** The same of each of its pods. */
  readonly replicas: readonly Replica[];
  /** What one of the proxies presents. */
  readonly own: Lineage | undefined;
}

/**
 * Agents that talk to their istiod, for certificates and configuration: TLS in which only the server is verified, under
 * the root ConfigMap and not under Envoy's ROOTCA. A proxy whose plane could not be told talks to nobody here.
 */
export function controlConversations(scene: Scene): Conversation[] {
  const groups = Map.groupBy(scene.proxies, (proxy) => {
    const bundle = bundleOf(proxy, scene);
    const own = scene.servedBy.has(proxy.plane ?? '') ? undefined : scene.presentedBy.get(proxy)?.root?.fingerprint;
    const map = bundle?.id.split('/').at(-1);
    return JSON.stringify([proxy.plane, proxy.kind, map, bundle && keyOf(bundle.certificates), own]);
  });
  const conversations: Conversation[] = [];
  for (const members of groups.values()) {
    const [first] = members;
    const plane = scene.planeOf.get(first?.plane ?? '');
    if (first === undefined || plane === undefined) continue;
    const serving = scene.servedBy.get(plane.id);
    const own = scene.presentedBy.get(first);
    const bundle = bundleOf(first, scene);
    const problem = scene.bundleOf.get(first.bundle ?? '')?.problem;
    conversations.push(
      conversation(
        { members, plane, bundle, problem, serving, replicas: scene.replicasOf.get(plane.id) ?? [], own },
        scene,
      ),
    );
  }
  return conversations;
}

/** A proxy's bundle, be it empty, unless it could not be read. */
function bundleOf({ bundle }: ObservedProxy, scene: Scene): ObservedBundle | undefined {
  const observed = scene.bundleOf.get(bundle ?? '');
  return observed?.certificates.length === 0 && !observed.isEmpty ? undefined : observed;
}

function conversation(agents: Agents, scene: Scene): Conversation {
  const { members, plane, bundle, serving } = agents;
  const faults = faultsOf(agents);
  const [first] = faults.toSorted(byGravity);
  const verdict = first?.code ?? (bundle === undefined || serving === undefined ? 'not-seen' : 'trusted');
  return {
    channel: 'control',
    from: members.map(({ id }) => id),
    to: [plane.id],
    verdict,
    reason: reasonFor(agents, faults, verdict),
    ...(verdict === 'trusted' ? defined({ until: untilOf(pathsOf(agents)) }) : {}),
    roots: {
      client: (bundle?.certificates ?? []).map(({ fingerprint }) => fingerprint),
      server: [],
      ...(serving?.root === undefined ? {} : { serverIssuer: serving.root.fingerprint }),
    },
    remedies: [...new Set(faults.flatMap((fault) => remediesFor(fault, agents, scene)))],
  };
}

/**
 * What the agents find wrong. The handshake with istiod decides, whatever CA the proxies' certificates are of; only where
 * istiod was not seen, the chain it issued to a proxy stands in for its own.
 */
function faultsOf({ plane, bundle, serving, replicas, own }: Agents): EdgeFault[] {
  if (bundle === undefined) return [];
  if (bundle.isEmpty) {
    const says = `the root ConfigMap ${bundle.id} holds no root: ${bundle.problem ?? 'it is empty'}`;
    return [{ code: 'agent-bundle-missing', says, about: [] }];
  }
  const judge = (lineage: Lineage | undefined) =>
    (lineage?.opinion(bundle.certificates, { purpose: 'serverAuth', reader: GO }).faults ?? []).map(asDiffering);
  if (serving === undefined) return judge(own).filter(({ code }) => code === 'agent-bundle-differs');
  const of = (lineage: Lineage) => {
    const named = hostFault(lineage.chain[0], plane.serverName);
    return [...judge(lineage), ...(named === undefined ? [] : [named])];
  };
  const pods = replicas.flatMap((one) =>
    one.serving === undefined ? [] : [{ pod: one.pod, faults: of(one.serving) }],
  );
  return pods.length === 0 ? of(serving) : faultsOfPods(pods);
}

/** A client reaches whichever pod its connection happens to lead to; where some of them are accepted, the others are named. */
export function faultsOfPods(pods: readonly { pod: string; faults: readonly EdgeFault[] }[]): EdgeFault[] {
  const refused = pods.filter(({ faults }) => faults.length > 0);
  if (refused.length === pods.length) return refused.flatMap(({ faults }) => faults);
  return refused.flatMap(({ pod, faults }) =>
    faults.map((fault) => ({ ...fault, says: `pod ${pod} of it: ${fault.says}` })),
  );
}

/** What the agents accept each pod of istiod by. */
const pathsOf = ({ bundle, serving, replicas }: Agents) =>
  [serving, ...replicas.map((one) => one.serving)].map(
    (lineage) => (bundle && lineage?.opinion(bundle.certificates, { purpose: 'serverAuth', reader: GO }).path) ?? [],
  );

/** Why a client that calls istiod by a host name refuses its certificate; undefined if it does not. */
export function hostFault(leaf: Certificate | undefined, host: string): EdgeFault | undefined {
  if (leaf === undefined || isNamed(leaf, host)) return undefined;
  const names = leaf.dnsNames.length === 0 ? 'no host' : listed(leaf.dnsNames);
  return { code: 'san-refused', says: `its certificate names ${names}, not ${host}`, about: [] };
}

/** By DNS names alone, and a `*` is a whole label: so Go has it (crypto/x509 verify.go, matchHostnames). */
const isNamed = ({ der }: Certificate, host: string): boolean =>
  new X509Certificate(der).checkHost(host, { subject: 'never', partialWildcards: false }) !== undefined;

/** On this channel another root means that the bundle is not the issuer's, whatever the root is called. */
const asDiffering = (fault: EdgeFault): EdgeFault =>
  fault.code === 'unknown-issuer' || fault.code === 'same-subject-other-key'
    ? { ...fault, code: 'agent-bundle-differs' }
    : fault;

function reasonFor(agents: Agents, faults: readonly EdgeFault[], verdict: VerdictCode): string {
  const { members, plane, bundle, problem, serving } = agents;
  const plural = members.length > 1;
  const name = `the agent${plural ? 's' : ''} of ${nameProxies(members).name}`;
  const does = (stem: string) => `${name} ${verb({ plural }, stem)} istiod ${plane.id}`;
  const unseen = `what istiod ${plane.id} presents was not seen`;
  if (verdict === 'not-seen') {
    const why = problem === undefined ? '' : ` (${problem.replace(/\.$/, '')})`;
    const unread = `which root ${name} ${verb({ plural }, 'read')} was not seen${why}`;
    return sentence(`whether ${does('accept')} cannot be told: ${bundle === undefined ? unread : unseen}`);
  }
  const by = `by the root ConfigMap ${listed(members.map((member) => member.bundle ?? 'unknown'))}`;
  if (verdict === 'trusted') {
    const root = serving?.root === undefined ? '' : `: the presented chain leads to ${called(serving.root)}`;
    return sentence(`${does('accept')} ${by}${root}`);
  }
  const refusal = sentence(`${does('refuse')} ${by}: ${causes(faults)}`);
  return serving === undefined ? `${refusal} ${sentence(`${unseen}, so this is judged by what it issued`)}` : refusal;
}

function remediesFor(fault: EdgeFault, agents: Agents, scene: Scene): string[] {
  const { plane } = agents;
  if (fault.code === 'agent-bundle-differs') return ofOtherBundle(agents, scene);
  if (fault.code === 'agent-bundle-missing') return ofMissingBundle(agents);
  return [servingRemedy(fault, plane)];
}

/** How a fault of what istiod presents goes: its own certificate is issued anew, what is above it stands in its Secret. */
export function servingRemedy(fault: EdgeFault, plane: ObservedPlane): string {
  const leaves = presentedBy(plane).map(([leaf]) => leaf?.fingerprint);
  const isAboutLeaves = fault.about.every(({ fingerprint }) => leaves.includes(fingerprint));
  if (!isAboutLeaves) return chainRemedy(fault, plane, undefined);
  return (
    `Restart ${plane.id}, which then issues itself another certificate for ${plane.serverName}; ` +
    'one from a Secret istiod-tls has to be issued again.'
  );
}

/** istiod writes the map, into the namespaces that it discovers. */
function ofMissingBundle({ members, plane }: Agents): string[] {
  const namespaces = listed(members.map(({ namespace }) => namespace));
  return [
    `${plane.id} has to write ConfigMap ${plane.rootMapName} into ${namespaces}: see to it that it runs, that its ` +
      'meshConfig.discoverySelectors match the labels of that namespace, and that nothing else empties the ConfigMap.',
  ];
}

function ofOtherBundle({ members, plane, bundle }: Agents, { planes }: Scene): string[] {
  const { id, rootMapName: map } = plane;
  const { name } = nameProxies(members);
  if (bundle !== undefined && !bundle.id.endsWith(`/${map}`)) {
    return [`Restart the pods of ${name}: they still mount ${bundle.id}, but ${id} writes ConfigMap ${map}.`];
  }
  const restart = `If ConfigMap ${map} holds the root of ${id} by now, restart the pods of ${name}.`;
  const writers = planes.filter(({ rootMapName }) => rootMapName === map);
  if (writers.length < 2) return [restart];
  const fight =
    `${listed(writers.map((writer) => writer.id))} write the same ConfigMap ${map}: give one of them its own ` +
    '(global.trustBundleName, Istio 1.27 and later), or give them one root, byte for byte.';
  return [fight, restart];
}
