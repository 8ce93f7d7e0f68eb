import type { KubernetesObject, V1APIGroupList, V1APIResourceList, V1ObjectMeta } from '@kubernetes/client-node';
import { createHash } from 'node:crypto';
import { defined } from '../../common/defined.ts';
import type { Kube } from './client.ts';
import { apiMessage, apiStatus } from './failure.ts';

/** One object of a cluster, by what every kind has. */
export interface InventoryObject {
  apiVersion: string;
  kind: string;
  namespace?: string;
  name: string;
  uid: string;
  labels: Record<string, string>;
  /** Who has written fields of it (`metadata.managedFields`). */
  managers: string[];
  /** When it was made, by the API server's clock (RFC 3339). */
  created: string;
  /** It belongs to another object, with which it comes and goes (`metadata.ownerReferences`). */
  owned: boolean;
  /** How often its spec was changed, where the kind counts that. */
  generation?: number;
  /** Of everything but status and bookkeeping; only where it was asked for, and not of what changes by itself. */
  digest?: string;
}

/** Something that could not be listed: an aggregated API that is down, for one. */
export interface Unread {
  /** API group, '' for the core. */
  group: string;
  /** Undefined where not even the kinds of the group are known. */
  kind?: string;
  why: string;
}

export interface Inventory {
  objects: InventoryObject[];
  unread: Unread[];
}

export interface InventoryOptions {
  /** Only objects with these labels (Kubernetes, «Label selectors»). */
  labelSelector?: string;
  /** Read objects whole and tell a digest of each; Secrets are never read. */
  digests?: boolean;
}

/** A kind as the API serves it. */
interface Served {
  /** Path of its list over all namespaces. */
  path: string;
  group: string;
  resource: string;
  apiVersion: string;
  kind: string;
  namespaced: boolean;
}

/** Metadata alone: what is in a Secret is nobody's business here (Kubernetes API Concepts, «Metadata-only fetches»). */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
const PAGE = '500';
/** What comes and goes by itself: events expire, metrics are no objects. */
const VOLATILE = { resources: ['events'], groups: ['metrics.k8s.io'] };
/** What controllers write in the course of things: that it changes says nothing. */
const LIVELY = [
  'Pod',
  'ReplicaSet',
  'ControllerRevision',
  'Endpoints',
  'EndpointSlice',
  'Lease',
  'Node',
  'CSINode',
  'CSIStorageCapacity',
];
/** What the API server has lost its place in is read from its beginning so often (Kubernetes API Concepts, «410 Gone responses»). */
const READINGS = 3;

/** All objects of every kind that can be listed, in all namespaces, but for events. */
export async function takeInventory(kube: Kube, options: InventoryOptions = {}): Promise<Inventory> {
  const unread: Unread[] = [];
  /** What cannot be read is told. */
  const orUnread = async <T>(what: Omit<Unread, 'why'>, read: () => Promise<T[]>): Promise<T[]> =>
    await fromItsBeginning(read).catch((error: unknown) => {
      unread.push({ ...what, why: apiMessage(error) });
      return [];
    });
  const versions = ['v1', ...(await fromItsBeginning(() => groupVersions(kube)))];
  const served = await Promise.all(
    versions.map((version) => orUnread({ group: groupOf(version) }, () => resourcesOf(kube, version))),
  );
  // The preferred version of a group comes first; another one serves the same objects once more.
  const kinds = new Map(
    served
      .flat()
      .reverse()
      .map((one) => [`${one.group}/${one.resource}`, one]),
  );
  const listed = await Promise.all(
    [...kinds.values()].map((one) =>
      orUnread({ group: one.group, kind: one.kind }, () => listObjects(kube, one, options)),
    ),
  );
  return {
    objects: listed.flat(),
    unread: unread.sort((a, b) => sentenceFor(a).localeCompare(sentenceFor(b))),
  };
}

/** Something unread, as a sentence's subject and what was said. */
export const sentenceFor = ({ group, kind, why }: Unread): string =>
  `${kind ?? 'everything'}${group === '' ? '' : ` of ${group}`}: ${why}`;

/** `apps/v1` → `apps`; '' for the core. */
export const groupOf = (apiVersion: string) => (apiVersion.includes('/') ? apiVersion.replace(/\/.*$/, '') : '');

async function groupVersions(kube: Kube): Promise<string[]> {
  const { groups } = await kube.objects.get<V1APIGroupList>('/apis');
  return groups
    .filter(({ name }) => !VOLATILE.groups.includes(name))
    .flatMap(({ preferredVersion, versions }) => [
      ...(preferredVersion === undefined ? [] : [preferredVersion]),
      ...versions,
    ])
    .map(({ groupVersion }) => groupVersion);
}

async function resourcesOf(kube: Kube, apiVersion: string): Promise<Served[]> {
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const { resources } = await kube.objects.get<V1APIResourceList>(root);
  return resources
    .filter(({ name, verbs }) => !name.includes('/') && verbs.includes('list') && !VOLATILE.resources.includes(name))
    .map(({ name, kind, namespaced }) => ({
      path: `${root}/${name}`,
      group: groupOf(apiVersion),
      resource: name,
      ...{ apiVersion, kind, namespaced },
    }));
}

async function fromItsBeginning<T>(read: () => Promise<T>): Promise<T> {
  for (let readings = 1; ; readings++) {
    try {
      return await read();
    } catch (error) {
      if (apiStatus(error) !== 410 || readings === READINGS) throw error;
    }
  }
}

interface Listed extends KubernetesObject {
  metadata: V1ObjectMeta;
}

async function listObjects(
  kube: Kube,
  { path, apiVersion, kind }: Served,
  { labelSelector, digests = false }: InventoryOptions,
): Promise<InventoryObject[]> {
  const isWhole = digests && kind !== 'Secret' && !LIVELY.includes(kind);
  const objects: InventoryObject[] = [];
  let next = '';
  do {
    const query = {
      limit: PAGE,
      ...defined({ labelSelector }),
      ...(next === '' ? {} : { continue: next }),
    };
    const page = await kube.objects.get<{ metadata?: { continue?: string }; items: Listed[] | null }>(
      path,
      query,
      isWhole ? 'application/json' : METADATA_ONLY,
    );
    for (const item of page.items ?? []) {
      // null where there is none, as Go writes a list without elements
      const digest = isWhole
        ? objectDigest(item)
        : digests && kind === 'Secret'
          ? item.metadata.resourceVersion
          : undefined;
      const object = inventoryObject({ apiVersion, kind }, item.metadata);
      objects.push({ ...object, ...defined({ digest }) });
    }
    next = page.metadata?.continue ?? '';
  } while (next !== '');
  return objects;
}

const inventoryObject = (
  type: { apiVersion: string; kind: string },
  { namespace, name = '', uid = '', labels = {}, managedFields = [], ...meta }: V1ObjectMeta,
): InventoryObject => ({
  ...type,
  ...defined({ namespace }),
  name,
  uid,
  labels,
  managers: [...new Set(managedFields.flatMap(({ manager }) => manager ?? []))],
  created: String(meta.creationTimestamp ?? ''),
  owned: (meta.ownerReferences ?? []).length > 0,
  ...defined({ generation: meta.generation }),
});

/** What says when something was written and not what it is; of the annotations controllers count and elect leaders by. */
const BOOKKEEPING = ['managedFields', 'resourceVersion', 'generation', 'selfLink'];
const COUNTERS = ['control-plane.alpha.kubernetes.io/leader', 'deployment.kubernetes.io/revision'];

/** Sixteen hexadecimal digits over an object without its status and bookkeeping; the order of keys is none. */
export function objectDigest({ metadata, ...rest }: KubernetesObject): string {
  const named = Object.entries(metadata ?? {}).filter(([key]) => !BOOKKEEPING.includes(key));
  const { annotations = {}, ...meta } = Object.fromEntries(named) as V1ObjectMeta;
  const kept = Object.fromEntries(Object.entries(annotations).filter(([key]) => !COUNTERS.includes(key)));
  const parts = Object.entries(rest).filter(([key]) => key !== 'status' && key !== 'apiVersion' && key !== 'kind');
  const text = JSON.stringify(sorted({ metadata: { ...meta, annotations: kept }, ...Object.fromEntries(parts) }));
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}

/** Group, kind and name: what an object is called in every version of its API. */
export function identityOf({
  apiVersion,
  kind,
  namespace,
  name,
}: Pick<InventoryObject, 'apiVersion' | 'kind' | 'namespace' | 'name'>): string {
  const group = groupOf(apiVersion);
  return `${kind}${group === '' ? '' : `.${group}`} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/** The same of an object as it is applied. */
export function identityOfObject({ apiVersion = '', kind = '', metadata }: KubernetesObject): string {
  const { namespace, name = '' } = metadata ?? {};
  return identityOf({ apiVersion, kind, name, ...defined({ namespace }) });
}

/** An object as the API is asked about it. */
export const referenceTo = ({
  apiVersion,
  kind,
  namespace,
  name,
}: Pick<InventoryObject, 'apiVersion' | 'kind' | 'namespace' | 'name'>): KubernetesObject => ({
  ...{ apiVersion, kind },
  metadata: { name, ...defined({ namespace }) },
});
