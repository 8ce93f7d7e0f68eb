import { CACERTS } from '../../../observations/istio.ts';
import { defined } from '../../../common/defined.ts';
import type { Certificate } from '../../../observations/certificate.ts';
import { verdictSentence, verifyChain } from '../chain.ts';
import { spiffeIdOf } from '../spiffe.ts';
import { leafIdentity } from './identity.ts';
import { isRoot } from './known.ts';
import type { GraphNode } from './model.ts';
import type {
  ObservedAuthority,
  ObservedBundle,
  ObservedPlane,
  ObservedProxy,
  ObservedWebhook,
} from './observation.ts';
import type { Replica, Scene } from './scene.ts';
import { called, listed } from './words.ts';

/** Ids of nodes that stand for objects whose namespaces and names may be those of a pod or Deployment as well. */
export const mapId = ({ id }: ObservedBundle): string => `configMap:${id}`;
export const secretId = ({ id }: ObservedAuthority): string => `secret:${id}`;

/** All nodes, each once, with what is wrong with it by itself. `planesOf` tells which planes' CA a certificate is. */
export function nodesOf(scene: Scene, planesOf: ReadonlyMap<string, ReadonlySet<string>>): GraphNode[] {
  const { at, known, proxies, planes, bundles, authorities, webhooks } = scene;
  const nodes: GraphNode[] = [
    ...planes.map((plane) => istiodNode(plane, scene)),
    ...[...known.authorities.values()].map((one) => caNode(one, scene, planesOf)),
    ...bundles.map(mapNode),
    ...authorities.map((authority) => secretNode(authority, at)),
    ...webhooks.map(webhookNode),
    ...proxies.map((proxy) => proxyNode(proxy, scene)),
  ];
  return [...new Map(nodes.map((node) => [node.id, node])).values()];
}

function istiodNode(plane: ObservedPlane, { at, replicasOf }: Scene): GraphNode {
  const { id, namespace, revision, version, serving } = plane;
  const detail = [revision === '' ? 'no revision' : `revision ${revision}`, version ?? 'version unknown'].join(', ');
  const node: GraphNode = { id, kind: 'istiod', label: id.split('/').at(-1) ?? id, namespace, plane: id, detail };
  const problems = [
    ...(serving === undefined ? ['what it presents was not seen'] : leafProblems(serving[0], at)),
    replicasProblem(replicasOf.get(id) ?? []),
  ];
  return withProblems({ ...node, ...certificateOf(serving?.[0]) }, problems);
}

/** Pods of one istiod that issue from different CAs: a proxy gets its certificate from whichever it reaches. */
function replicasProblem(replicas: readonly Replica[]): string | undefined {
  const seen = replicas.flatMap(({ pod, serving }) => (serving === undefined ? [] : [{ pod, serving }]));
  const roots = Map.groupBy(seen, ({ serving }) => serving.root?.keyFingerprint ?? serving.chain.at(-1)?.issuer);
  if (roots.size < 2) return undefined;
  const words = [...roots.values()].map((those) => {
    const { root, chain } = those[0]?.serving ?? { chain: [] };
    const from = root === undefined ? `"${chain.at(-1)?.issuer ?? ''}"` : called(root);
    return `${listed(those.map(({ pod }) => pod))} from ${from}`;
  });
  return `its pods issue from different CAs: ${words.join(', ')}`;
}

function caNode(ca: Certificate, { at, known }: Scene, planesOf: ReadonlyMap<string, ReadonlySet<string>>): GraphNode {
  const [plane, ...others] = planesOf.get(ca.fingerprint) ?? [];
  return withProblems(
    {
      id: ca.fingerprint,
      kind: isRoot(ca, known) ? 'root' : 'intermediate',
      label: ca.subjectCommonName ?? ca.subject,
      ...(plane === undefined || others.length > 0 ? {} : { plane }),
      certificate: ca.fingerprint,
    },
    [validityProblem(ca, at), ca.isCa ? undefined : 'it is not marked as a CA (basicConstraints)'],
  );
}

function mapNode(bundle: ObservedBundle): GraphNode {
  const [namespace = '', label = bundle.id] = bundle.id.split('/');
  const empty = bundle.certificates.length === 0 ? 'it holds no certificate' : undefined;
  return withProblems({ id: mapId(bundle), kind: 'configMap', label, namespace }, [bundle.problem ?? empty]);
}

function secretNode(secret: ObservedAuthority, at: Date): GraphNode {
  const { id, kind, plane, chain } = secret;
  const [namespace = '', label = id] = id.split('/');
  const node: GraphNode = {
    id: secretId(secret),
    kind: 'secret',
    label,
    namespace,
    detail: secret.isSelfMade && kind === CACERTS ? `${kind}, of istiod's own making` : kind,
    ...certificateOf(chain[0]),
  };
  return withProblems({ ...node, ...defined({ plane }) }, [
    secret.problem,
    chain.length === 0 && secret.problem === undefined ? 'it holds no certificate' : undefined,
    ownRootProblem(secret, at),
  ]);
}

const webhookNode = ({ id, kind, name, plane, problem }: ObservedWebhook): GraphNode =>
  withProblems({ id, kind: 'webhook', label: name, plane, detail: kind }, [problem]);

/** A root that was made anew without signing the certificate beneath it again. */
function ownRootProblem({ chain, roots }: ObservedAuthority, at: Date): string | undefined {
  if (chain.length === 0 || roots.length === 0) return undefined;
  const verdict = verifyChain(chain, roots, { at });
  return verdict.trusted ? undefined : `its certificate under its own root is ${verdictSentence(verdict)}`;
}

function proxyNode(proxy: ObservedProxy, { at, planeOf }: Scene): GraphNode {
  const { id, namespace, app, name, kind, plane, chain, roots } = proxy;
  const [leaf] = chain ?? [];
  const problems = [proxy.problem, ...(chain === undefined ? [] : leafProblems(leaf, at))];
  if (leaf !== undefined) problems.push(identityProblem(proxy, leaf));
  if (roots?.length === 0) problems.push('it trusts no root');
  if (plane === undefined) problems.push('which istiod serves it could not be told');
  else if (!planeOf.has(plane)) problems.push(`its istiod, ${plane}, was not seen`);
  const node: GraphNode = { id, kind: 'proxy', label: app === '' ? name : app, namespace, detail: kind };
  return withProblems({ ...node, ...defined({ plane }), ...certificateOf(leaf) }, problems);
}

function identityProblem(proxy: ObservedProxy, leaf: Certificate): string | undefined {
  try {
    const { uri } = spiffeIdOf(leaf);
    const { path, proven } = leafIdentity(proxy, leaf);
    return proven.length > 0 ? undefined : `its certificate names ${uri}, not its own ${path}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const leafProblems = (leaf: Certificate | undefined, at: Date): (string | undefined)[] => [
  leaf === undefined ? 'it presents no certificate' : validityProblem(leaf, at),
];

function validityProblem({ notBefore, notAfter }: Certificate, at: Date): string | undefined {
  if (at > notAfter) return `its certificate expired at ${notAfter.toISOString()}`;
  return at < notBefore ? `its certificate is not valid before ${notBefore.toISOString()}` : undefined;
}

const certificateOf = (certificate: Certificate | undefined): { certificate?: string } =>
  certificate === undefined ? {} : { certificate: certificate.fingerprint };

function withProblems(node: GraphNode, problems: readonly (string | undefined)[]): GraphNode {
  const told = problems.filter((problem) => problem !== undefined);
  return told.length === 0 ? node : { ...node, problem: told.join('; ') };
}
