import type { KubernetesObject, V1Lease } from '@kubernetes/client-node';
import { PatchStrategy } from '@kubernetes/client-node';
import { deadline } from '../../common/deadlines.ts';
import { environmentFailure, type Failure } from '../../common/errors.ts';
import type { Kube } from '../kube/client.ts';
import { apiMessage, apiStatus } from '../kube/failure.ts';
import type { Inventory } from '../kube/inventory.ts';
import { describeOwner, type Owner } from '../state/owner.ts';
import { RUN_LABEL } from './label.ts';
import { homeNamespace, leaseReference, newRecord, readLease, type Tenant } from './record.ts';

/** Keeps the owner of a lab, as JSON. */
const OWNER = 'meshtrust.dev/owner';

/** What no two clusters share and no cluster changes: the UID of the namespace kube-system. */
export async function identityOfCluster(kube: Kube): Promise<string> {
  const { metadata } = await kube.objects.look({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'kube-system' },
  });
  return metadata?.uid ?? '';
}

/** Who holds a cluster. */
export interface Holder {
  runId: string;
  owner: Owner | undefined;
  /** Seconds since it was heard of. */
  silence: number;
}

/** Who holds the cluster now; undefined where nobody does. */
export async function holderOf(kube: Kube): Promise<Holder | undefined> {
  const lease = await readLease(kube);
  if (lease === undefined) return undefined;
  const { metadata, spec } = lease;
  const owner = metadata?.annotations?.[OWNER];
  return {
    runId: metadata?.labels?.[RUN_LABEL] ?? 'nobody knows which',
    owner: owner === undefined ? undefined : (JSON.parse(owner) as Owner),
    silence: Math.max(0, (Date.now() - Date.parse(String(spec?.renewTime ?? ''))) / 1000),
  };
}

/**
 * Takes a cluster for one lab: a Lease that can be made but once, and beside it the record of what is going to be made.
 * Fails, exit code 3, where another run holds it; but for the namespace of both nothing was changed then.
 */
export async function lockCluster(kube: Kube, tenant: Tenant, before: Inventory): Promise<void> {
  const labels = { [RUN_LABEL]: tenant.runId };
  await unlessThere(() => kube.objects.make(labelled(homeNamespace, labels)));
  const isTaken = !(await unlessThere(() => kube.objects.make(newLease(tenant, labels))));
  if (isTaken) {
    const holder = await holderOf(kube);
    // An answer that got lost: it is this run's already.
    if (holder?.runId !== tenant.runId) throw heldBy(kube, holder);
  }
  for (const object of newRecord(tenant, before)) await unlessThere(() => kube.objects.make(object));
}

/** Fails as {@link lockCluster} does, and changes nothing. */
export async function assertFree(kube: Kube): Promise<void> {
  const holder = await holderOf(kube);
  if (holder !== undefined) throw heldBy(kube, holder);
}

function heldBy(kube: Kube, holder: Holder | undefined): Failure {
  const who = holder === undefined ? 'another run' : `run ${holder.runId}`;
  const where = holder?.owner === undefined ? '' : `, ${describeOwner(holder.owner)}`;
  const when = holder === undefined ? '' : `, heard of ${holder.silence.toFixed(0)} s ago`;
  return environmentFailure(`The cluster ${kube.server} holds the lab of ${who}${where}${when}. A cluster holds one.`, {
    next: `Wait for its end; if it has died: npm run meshtrust -- down --cluster kubeconfig --context ${kube.context} ${holder?.runId ?? ''}`,
  });
}

const labelled = ({ metadata, ...object }: KubernetesObject, labels: Record<string, string>): KubernetesObject => ({
  ...object,
  metadata: { ...metadata, labels },
});

function newLease({ owner }: Tenant, labels: Record<string, string>): V1Lease & KubernetesObject {
  const { metadata, ...reference } = leaseReference;
  const now = microTime();
  return {
    ...reference,
    metadata: { ...metadata, labels, annotations: { [OWNER]: JSON.stringify(owner) } },
    spec: {
      holderIdentity: describeOwner(owner),
      leaseDurationSeconds: deadline('leaseDuration') / 1000,
      acquireTime: now,
      renewTime: now,
    },
  } as unknown as V1Lease & KubernetesObject;
}

/** As Leases tell time, with six digits (Kubernetes API, meta/v1, MicroTime). */
const microTime = (): string => new Date().toISOString().replace('Z', '000Z');

/** False where there is an object of that name already. */
async function unlessThere(make: () => Promise<unknown>): Promise<boolean> {
  try {
    await make();
    return true;
  } catch (error) {
    if (apiStatus(error) === 409 && apiMessage(error).includes('already exists')) return false;
    throw error;
  }
}

/** Says every now and then that the run still lives; a beat that fails is followed by another. */
export function keepHeld(kube: Kube): AsyncDisposable {
  const timer = setInterval(() => {
    const beat = { ...leaseReference, spec: { renewTime: microTime() } };
    kube.objects.send(beat, PatchStrategy.MergePatch).catch(() => undefined);
  }, deadline('leaseBeat'));
  timer.unref();
  return {
    [Symbol.asyncDispose]: () => {
      clearInterval(timer);
      return Promise.resolve();
    },
  };
}
