import { createHash } from 'node:crypto';
import { eventually } from '../common/retry.ts';
import type { PlainCluster } from '../supply/testing/plain-cluster.ts';

/** Everything in a cluster by kubectl's word, not by the eyes of what is tested: identity → digest. */
export type Listing = ReadonlyMap<string, string>;

/** What controllers of a cluster write in the course of things. */
const LIVELY = [
  'events',
  'pods',
  'replicasets',
  'controllerrevisions',
  'endpoints',
  'endpointslices',
  'leases',
  'nodes',
];
/** How often a controller has seen another template, and who of several leads. */
const COUNTERS = ['deployment.kubernetes.io/revision', 'control-plane.alpha.kubernetes.io/leader'];
const VOLATILE = ['events.events.k8s.io', 'nodes.metrics.k8s.io', 'pods.metrics.k8s.io'];
/** Of these only names and UIDs: a digest of a Secret is nobody's business either, its version tells whether it was written. */
const PAGE = 50;

interface Item {
  apiVersion: string;
  kind: string;
  metadata: Record<string, unknown> & { name: string; namespace?: string; uid: string; resourceVersion: string };
}

/** Every object but what is lively, with its UID and a digest of all but status and bookkeeping. */
export async function listAll({ kubectl }: Pick<PlainCluster, 'kubectl'>): Promise<Listing> {
  const words = ['api-resources', '--verbs', 'list', '--output', 'name'];
  const kinds = (await kubectl(words)).split('\n').filter((kind) => kind !== '' && !isLively(kind));
  const listing = new Map<string, string>();
  for (let at = 0; at < kinds.length; at += PAGE) {
    const answer = await kubectl(['get', kinds.slice(at, at + PAGE).join(','), '--all-namespaces', '--output', 'json']);
    for (const item of (JSON.parse(answer) as { items: Item[] }).items) listing.set(nameOf(item), digestOf(item));
  }
  return listing;
}

/** The same of a cluster that has come to rest: who has installed something is not done when it runs. */
export async function listAtRest(cluster: Pick<PlainCluster, 'kubectl'>): Promise<Listing> {
  let last = await listAll(cluster);
  return await eventually(
    async () => {
      const before = last;
      last = await listAll(cluster);
      const { leftOver, lost, changed } = differenceOf(before, last);
      const lively = [...leftOver, ...lost, ...changed];
      if (lively.length > 0) throw new Error(`${lively.join(', ')} came, went or changed`);
      return last;
    },
    { waitingFor: 'the cluster to come to rest', within: 'planeReady', inARow: 3 },
  );
}

const isLively = (kind: string): boolean => VOLATILE.includes(kind) || LIVELY.includes(kind.replace(/\..*$/, ''));

const nameOf = ({ apiVersion, kind, metadata: { namespace, name, uid } }: Item): string =>
  `${kind}.${apiVersion} ${namespace === undefined ? '' : `${namespace}/`}${name} ${uid}`;

function digestOf({ kind, metadata, ...rest }: Item): string {
  if (kind === 'Secret') return metadata.resourceVersion;
  const { resourceVersion: _version, managedFields: _managed, generation: _generation, ...meta } = metadata;
  const annotations = Object.entries((meta['annotations'] ?? {}) as Record<string, string>).filter(
    ([name]) => !COUNTERS.includes(name),
  );
  const parts = Object.entries(rest).filter(([key]) => key !== 'status');
  const text = JSON.stringify([{ ...meta, annotations }, ...parts], (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

export interface Difference {
  leftOver: string[];
  lost: string[];
  changed: string[];
}

export function differenceOf(before: Listing, after: Listing): Difference {
  const plain = (key: string) => key.replace(/ \S+$/, '');
  const only = (these: Listing, those: Listing) =>
    [...these.keys()]
      .filter((key) => !those.has(key))
      .map(plain)
      .sort();
  const changed = [...before].filter(([key, digest]) => after.has(key) && after.get(key) !== digest);
  return {
    leftOver: only(after, before),
    lost: only(before, after),
    changed: changed.map(([key]) => plain(key)).sort(),
  };
}

export const isSame = ({ leftOver, lost, changed }: Difference): boolean =>
  leftOver.length + lost.length + changed.length === 0;
