import type { KubernetesObject, V1APIGroupList, V1APIResourceList, V1ObjectMeta } from '@kubernetes/client-node';
import { apiMessage, type Kube } from './client.ts';

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
}

export interface Inventory {
  objects: InventoryObject[];
  /** Kinds that could not be listed, with the reason: an aggregated API that is down, for one. */
  unread: string[];
}

/** A kind as the API serves it. */
interface Served {
  /** Path of its list over all namespaces. */
  path: string;
  group: string;
  resource: string;
  apiVersion: string;
  kind: string;
}

/** Metadata alone: what is in a Secret is nobody's business here (Kubernetes API Concepts, «Metadata-only fetches»). */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
const PAGE = '500';
/** What comes and goes by itself: events expire, metrics are no objects. */
const VOLATILE = { resources: ['events'], groups: ['metrics.k8s.io'] };

/** All objects of every kind that can be listed, in all namespaces, but for events. */
export async function takeInventory(kube: Kube): Promise<Inventory> {
  const unread: string[] = [];
  /** What cannot be read becomes a sentence. */
  const orUnread = async <T>(what: string, read: Promise<T[]>): Promise<T[]> =>
    await read.catch((error: unknown) => {
      unread.push(`${what}: ${apiMessage(error)}`);
      return [];
    });
  const versions = ['v1', ...(await groupVersions(kube))];
  const served = await Promise.all(versions.map((version) => orUnread(version, resourcesOf(kube, version))));
  // The preferred version of a group comes first; another one serves the same objects once more.
  const kinds = new Map(
    served
      .flat()
      .reverse()
      .map((one) => [`${one.group}/${one.resource}`, one]),
  );
  const listed = await Promise.all(
    [...kinds.values()].map((one) => orUnread(`${one.apiVersion} ${one.kind}`, listObjects(kube, one))),
  );
  return { objects: listed.flat(), unread: unread.sort() };
}

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
    .map(({ name, kind }) => ({
      path: `${root}/${name}`,
      group: apiVersion.includes('/') ? apiVersion.replace(/\/.*$/, '') : '',
      resource: name,
      apiVersion,
      kind,
    }));
}

async function listObjects(kube: Kube, { path, apiVersion, kind }: Served): Promise<InventoryObject[]> {
  const objects: InventoryObject[] = [];
  let next = '';
  do {
    const query = { limit: PAGE, ...(next === '' ? {} : { continue: next }) };
    const page = await kube.objects.get<{
      metadata?: { continue?: string };
      items: { metadata: V1ObjectMeta }[] | null;
    }>(path, query, METADATA_ONLY);
    // Null where there is none, as Go writes a list without elements.
    objects.push(...(page.items ?? []).map(({ metadata }) => inventoryObject({ apiVersion, kind }, metadata)));
    next = page.metadata?.continue ?? '';
  } while (next !== '');
  return objects;
}

const inventoryObject = (
  type: { apiVersion: string; kind: string },
  { namespace, name = '', uid = '', labels = {}, managedFields = [] }: V1ObjectMeta,
): InventoryObject => ({
  ...type,
  ...(namespace === undefined ? {} : { namespace }),
  name,
  uid,
  labels,
  managers: [...new Set(managedFields.flatMap(({ manager }) => manager ?? []))],
});

/** Group, kind and name: what an object is called in every version of its API. */
export function identityOf({
  apiVersion,
  kind,
  namespace,
  name,
}: Omit<InventoryObject, 'uid' | 'labels' | 'managers'>): string {
  const group = apiVersion.includes('/') ? `.${apiVersion.replace(/\/.*$/, '')}` : '';
  return `${kind}${group} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/** The same of an object as it is applied. */
export function identityOfObject({ apiVersion = '', kind = '', metadata }: KubernetesObject): string {
  const { namespace, name = '' } = metadata ?? {};
  return identityOf({ apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) });
}
