import type { KubernetesObject, V1ConfigMap, V1Lease } from '@kubernetes/client-node';
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Kube } from '../kube/client.ts';
import { found } from '../kube/failure.ts';
import { identityOf, type Inventory, type InventoryObject } from '../kube/inventory.ts';
import type { Owner } from '../state/owner.ts';
import { RUN_LABEL } from './label.ts';

/** Namespace of the lock and the record of a lab, in a cluster that is somebody's. A cluster holds one lab at a time. */
export const HOME = 'meshtrust';
/** Of the Lease that locks, and of the ConfigMap with the record. */
const NAME = 'lab';

export const homeNamespace: KubernetesObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: HOME } };
export const leaseReference = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: NAME, namespace: HOME },
};
export const recordReference = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: NAME, namespace: HOME } };
export const beforeReference = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'before', namespace: HOME } };

/** An object by its name, as a record knows it. */
export type Named = Pick<InventoryObject, 'apiVersion' | 'kind' | 'namespace' | 'name'>;

/** An object that a run has made, or is about to make. */
export interface Entry extends Named {
  /** Undefined until the API has told it: a run that died between has asked for the object, which then may be there. */
  uid?: string;
}

/** Something of somebody's that a run has changed. */
export interface Loan extends Named {
  uid: string;
  /** What its changed fields were before: a merge patch (RFC 7386) that gives it back. */
  was: object;
}

/** What controllers of a run leave behind outside of its namespaces, without a label of the run. */
export interface Leftover extends Pick<Named, 'apiVersion' | 'kind' | 'name'> {
  /** Any, unless given. */
  namespace?: string;
  /** Who alone has written to it (`metadata.managedFields`); anybody, unless given. */
  manager?: string;
  /** Identity of what the run must have made for it to be its own. */
  after?: string;
  /** Labels of a Deployment that would be writing it too: while there is such a one it stays. */
  unless?: Record<string, string>;
  /** Namespaces where such a one was there before, and makes others. */
  except?: string[];
}

/** A Deployment of somebody's that has taken over something of a run, which has to be gone before it restarts. */
export interface Restart {
  namespace: string;
  name: string;
  /** Identity of what it has taken over; it restarts only if the run has made that. */
  after: string;
}

/** What the record says of a run, for whoever removes its lab: with it no local state is needed. */
export interface Tenant {
  runId: string;
  owner: Owner;
  /** UID of the namespace kube-system, which no two clusters share. */
  cluster: string;
  leftovers: Leftover[];
  restarts: Restart[];
}

export interface ClusterRecord {
  tenant: Tenant;
  made: Map<string, Entry>;
  lent: Map<string, Loan>;
  /** When the run began, by the API server's clock, in milliseconds since the epoch. */
  since: number;
}

/** A ConfigMap holds 1 MiB (Kubernetes, «ConfigMaps»). */
const ROOM = 1_000_000;

/** The record of a lab that is about to be made, what was there before by itself: it is not read again until the end. */
export function newRecord(tenant: Tenant, before: Inventory): KubernetesObject[] {
  const labelled = ({ metadata, ...reference }: typeof recordReference, content: object) =>
    ({
      ...reference,
      metadata: { ...metadata, labels: { [RUN_LABEL]: tenant.runId } },
      ...content,
    }) as KubernetesObject;
  const listing = gzipSync(JSON.stringify(before)).toString('base64');
  return [
    ...(listing.length > ROOM ? [] : [labelled(beforeReference, { binaryData: { listing } })]),
    labelled(recordReference, { data: { tenant: JSON.stringify(tenant) } }),
  ];
}

/** What was there before the lab; undefined where that was too much to keep. */
export async function readBefore(kube: Kube): Promise<Inventory | undefined> {
  const map = await found(kube.objects.look<V1ConfigMap & KubernetesObject>(beforeReference));
  const listing = map?.binaryData?.['listing'];
  if (listing === undefined) return undefined;
  return JSON.parse(gunzipSync(Buffer.from(listing, 'base64')).toString()) as Inventory;
}

/** The record in a cluster; undefined where it holds no lab. */
export async function readRecord(kube: Kube): Promise<ClusterRecord | undefined> {
  const map = await found(kube.objects.look<V1ConfigMap & KubernetesObject>(recordReference));
  const { tenant, ...rest } = map?.data ?? {};
  if (map === undefined || tenant === undefined) return undefined;
  const all = <T extends Named>(prefix: string) =>
    new Map(
      Object.entries(rest)
        .filter(([key]) => key.startsWith(prefix))
        .map(([, text]) => JSON.parse(text) as T)
        .map((one) => [identityOf(one), one]),
    );
  return {
    tenant: JSON.parse(tenant) as Tenant,
    made: all<Entry>(MADE),
    lent: all<Loan>(LENT),
    // The library makes a date of it.
    since: new Date(map.metadata?.creationTimestamp ?? 0).getTime(),
  };
}

const MADE = 'made.';
const LENT = 'lent.';
/** Keys of a ConfigMap are letters, digits, `-`, `_` and `.`. */
const key = (prefix: string, one: Named) =>
  `${prefix}${createHash('sha256').update(identityOf(one)).digest('hex').slice(0, 24)}`;

export const entriesAsData = (entries: readonly Entry[]): Record<string, string> =>
  Object.fromEntries(entries.map((entry) => [key(MADE, entry), JSON.stringify(entry)]));

export const loanAsData = (loan: Loan): Record<string, string> => ({ [key(LENT, loan)]: JSON.stringify(loan) });

export const readLease = async (kube: Kube): Promise<V1Lease | undefined> =>
  await found(kube.objects.look<V1Lease & KubernetesObject>(leaseReference));
