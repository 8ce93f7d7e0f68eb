import { type KubernetesObject, PatchStrategy, type V1ManagedFieldsEntry } from '@kubernetes/client-node';
import { defined } from '../../common/defined.ts';
import type { Deadline } from '../../common/deadlines.ts';
import { environmentFailure, type Failure, labFailure } from '../../common/errors.ts';
import { apiMessage, apiStatus, ApiFailure, found } from '../kube/failure.ts';
import type { Kube } from '../kube/client.ts';
import { identityOf, type InventoryObject, identityOfObject } from '../kube/inventory.ts';
import { objectName } from '../kube/manifests.ts';
import { type DeploymentRef, podsOf } from '../kube/rollout.ts';
import { eventually, Fatal } from '../../common/retry.ts';
import { FIELD_MANAGER, RUN_LABEL } from './label.ts';
import type { Ledger } from './ledger.ts';
import type { Named } from './record.ts';

/** A run in a cluster: the only one through whom objects are made, changed and removed. */
export interface Proprietor {
  kube: Kube;
  runId: string;
  ledger: Ledger;
  /** Identities of what was there before and is used as it is. */
  shared: readonly string[];
}

export interface ApplyOptions {
  signal?: AbortSignal;
  within?: Deadline;
}

/** Kinds by the batch they are applied in; all others come last. Pods pull with Secrets, and do not wait for them. */
const FIRST = [['Namespace', 'CustomResourceDefinition'], ['Secret']];
/** Who has made an object, as long as it was not changed since. */
const MAKER = `${FIELD_MANAGER}-make`;

/**
 * Makes objects, or changes those of the run: namespaces and CRDs first, then Secrets, then the rest. Waits for what
 * only time can bring: a CRD that is not served yet, an admission webhook that does not answer yet. An object that is
 * there and is not the run's is left alone: Failure (environment).
 */
export async function apply(
  owner: Proprietor,
  objects: readonly KubernetesObject[],
  options: ApplyOptions = {},
): Promise<void> {
  const wanted = objects.filter((object) => !owner.shared.includes(identityOfObject(object)));
  const batches = FIRST.map((kinds) => wanted.filter((object) => kinds.includes(object.kind ?? '')));
  const rest = wanted.filter((object) => !FIRST.flat().includes(object.kind ?? ''));
  for (const batch of [...batches, rest]) {
    if (batch.length === 0) continue;
    await owner.ledger.intend(batch.map(named));
    const made = await Promise.allSettled(batch.map((object) => applyOne(owner, object, options)));
    await owner.ledger.made(
      made.flatMap((one, index) => {
        const object = batch[index];
        if (one.status === 'rejected' || object === undefined) return [];
        return [{ ...named(object), uid: one.value }];
      }),
    );
    const failed = made.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

/** Makes or changes one object; returns its UID. */
async function applyOne(owner: Proprietor, object: KubernetesObject, options: ApplyOptions): Promise<string> {
  const labels = { ...object.metadata?.labels, [RUN_LABEL]: owner.runId };
  const labelled = { ...object, metadata: { ...object.metadata, labels } };
  const name = objectName(object);
  return await eventually(
    async () => {
      try {
        return (await madeNew(owner, labelled)) ?? (await changeOwn(owner, labelled));
      } catch (error) {
        if (error instanceof Fatal) throw error;
        if (isTransient(error)) throw new Error(apiMessage(error), { cause: error });
        throw new Fatal(labFailure(`${name} was refused: ${apiMessage(error)}`, { cause: error }));
      }
    },
    {
      waitingFor: `${name} to be accepted`,
      within: options.within ?? 'planeReady',
      ...defined({ signal: options.signal }),
    },
  );
}

/** The UID of an object that was made just now; undefined where there is one of its name. */
async function madeNew({ kube }: Proprietor, object: KubernetesObject): Promise<string | undefined> {
  try {
    const made = await kube.objects.make(object, { fieldManager: MAKER });
    return made.metadata?.uid ?? '';
  } catch (error) {
    if (apiStatus(error) === 409 && apiMessage(error).includes('already exists')) return undefined;
    // A quota that it fills and a port that it holds refuse its like before the API server compares names.
    const isRefused = apiStatus(error) === 403 || apiStatus(error) === 422;
    const there = isRefused ? await kube.objects.look(object).catch(() => undefined) : undefined;
    if (there === undefined) throw error;
    return undefined;
  }
}

/** Server-side apply over an object of the run, if it still is that one; returns its UID. */
async function changeOwn(owner: Proprietor, object: KubernetesObject): Promise<string> {
  const { kube } = owner;
  const there = await kube.objects.look(object);
  if (!(await owns(owner, there))) throw new Fatal(notOurs(object, owner));
  const { uid = '' } = there.metadata ?? {};
  await takeOver(kube, there);
  // With a UID the API server refuses what would fall upon another object, or make one (meta/v1, Preconditions).
  const meant = { ...object, metadata: { ...object.metadata, uid } };
  await kube.objects.send(meant, PatchStrategy.ServerSideApply, { fieldManager: FIELD_MANAGER, force: 'true' });
  return uid;
}

/**
 * Has fields that an object was made with count as applied: what the next version leaves out then goes (as client-go's
 * csaupgrade does it; Kubernetes, «Server-Side Apply», on upgrading from client-side apply).
 */
async function takeOver(kube: Kube, { apiVersion, kind, metadata }: KubernetesObject): Promise<void> {
  const { name, namespace, uid, resourceVersion, managedFields = [] } = metadata ?? {};
  const isMaker = ({ manager, operation }: V1ManagedFieldsEntry) => manager === MAKER && operation === 'Update';
  if (!managedFields.some(isMaker)) return;
  const applied = managedFields.map((entry) =>
    isMaker(entry) ? { ...entry, manager: FIELD_MANAGER, operation: 'Apply' } : entry,
  );
  const patch = {
    ...{ apiVersion, kind },
    metadata: { name, namespace, uid, resourceVersion, managedFields: applied },
  } as KubernetesObject;
  await kube.objects.send(patch, PatchStrategy.MergePatch);
}

/** Asks the API server what it would say to an object, by the schema that it has; nothing is changed (dry run). */
export async function tryOut(kube: Kube, object: KubernetesObject): Promise<void> {
  const query = { fieldManager: FIELD_MANAGER, force: 'true', dryRun: 'All', fieldValidation: 'Strict' };
  await kube.objects.send(object, PatchStrategy.ServerSideApply, query);
}

/** 404: the kind is not served yet. 5xx: a webhook or the API server itself is not up yet. No status: no connection. */
function isTransient(error: unknown): boolean {
  if (error instanceof Error && error.message.includes('Unrecognized API version and kind')) return true;
  if (!(error instanceof ApiFailure)) return false;
  const { status } = error;
  return status === undefined || status === 404 || status === 409 || status === 429 || status >= 500;
}

/** Removes objects of the run; what is not there is no error, what is not the run's is left alone: Failure (environment). */
export async function remove(owner: Proprietor, objects: readonly KubernetesObject[]): Promise<void> {
  const meant = objects.filter((object) => !owner.shared.includes(identityOfObject(object)));
  await Promise.all(
    meant.map(async (object) => {
      const there = await found(owner.kube.objects.look(object)).catch(unserved);
      if (there === undefined) return;
      if (!(await owns(owner, there))) throw notOurs(object, owner);
      await found(owner.kube.objects.erase(object, there.metadata?.uid ?? ''));
    }),
  );
}

/**
 * Removes what a controller of the run's has made in a namespace of the run's, by the name that it writes under. What
 * anybody else has made or written to, or is in somebody's namespace, is left alone: Failure (environment).
 */
export async function removeMadeBy(manager: string, owner: Proprietor, object: KubernetesObject): Promise<void> {
  const there = await found(owner.kube.objects.look(object));
  if (there === undefined) return;
  const { uid = '', managedFields = [] } = there.metadata ?? {};
  const isByIt = managedFields.length > 0 && managedFields.every((entry) => entry.manager === manager);
  if (!isByIt || !(await ownsNamespace(owner, object.metadata?.namespace ?? ''))) throw notOurs(object, owner);
  await found(owner.kube.objects.erase(object, uid));
}

/** Whether a namespace is the run's, and with it all that is in it. */
export async function ownsNamespace(owner: Proprietor, name: string): Promise<boolean> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  return await owns(owner, await owner.kube.objects.look(namespace));
}

/** A kind that nobody serves has no objects. */
function unserved(error: unknown): undefined {
  if (error instanceof Error && error.message.includes('Unrecognized API version and kind')) return undefined;
  throw error;
}

/**
 * Changes fields of an object (a merge patch, RFC 7386), whoever's it is: what is somebody's is recorded first as it
 * was, and given back in the end whatever becomes of this run. Returns how to take just this change back.
 */
export async function change(owner: Proprietor, patch: KubernetesObject): Promise<() => Promise<void>> {
  const { kube, ledger } = owner;
  const there = await kube.objects.look(patch);
  const { uid = '' } = there.metadata ?? {};
  const was = inverseOf(patch, there);
  if (!(await owns(owner, there))) await ledger.lend({ ...named(patch), uid, was });
  const send = async (fields: object) => {
    const { metadata, ...rest } = fields as KubernetesObject;
    const { name, namespace } = patch.metadata ?? {};
    const meant = { apiVersion: patch.apiVersion, kind: patch.kind, ...rest };
    const target = { ...metadata, name, uid, ...defined({ namespace }) };
    await kube.objects.send({ ...meant, metadata: target } as KubernetesObject, PatchStrategy.MergePatch);
  };
  await send(withoutNames(patch));
  return () => send(was);
}

/** What a merge patch changes: all but what says which object is meant. */
function withoutNames({ apiVersion: _api, kind: _kind, metadata, ...fields }: KubernetesObject): object {
  const { name: _name, namespace: _namespace, uid: _uid, resourceVersion: _version, ...meta } = metadata ?? {};
  return { ...fields, ...(Object.keys(meta).length === 0 ? {} : { metadata: meta }) };
}

/** The merge patch that takes another one back: what it changes as it is now, null for what is not there. */
export const inverseOf = (patch: KubernetesObject, now: KubernetesObject): object =>
  inverted(withoutNames(patch), now) as object;

function inverted(patch: unknown, now: unknown): unknown {
  if (!isRecord(patch)) return now ?? null;
  if (!isRecord(now)) return now ?? null;
  return Object.fromEntries(
    Object.entries(patch).map(([key, value]) => [key, inverted(value, (now as Record<string, unknown>)[key])]),
  );
}

const isRecord = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Ends the pods of a Deployment that belongs to the lab, each if it still is that one: its controller makes others. */
export async function removePods({ kube }: Proprietor, deployment: DeploymentRef): Promise<void> {
  for (const { metadata } of await podsOf(kube, await kube.apps.readNamespacedDeployment(deployment))) {
    const { name, namespace, uid = '' } = metadata ?? {};
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace } } as KubernetesObject;
    await found(kube.objects.erase(pod, uid));
  }
}

const owns = async ({ ledger }: Proprietor, { apiVersion = '', kind = '', metadata }: KubernetesObject) =>
  await ledger.owns({
    ...named({ apiVersion, kind, ...defined({ metadata }) }),
    ...proofOf(metadata),
  });

const proofOf = ({ uid = '', labels = {} }: KubernetesObject['metadata'] = {}): Pick<
  InventoryObject,
  'uid' | 'labels'
> => ({
  ...{ uid, labels },
});

/** An object by its name. */
export function named({ apiVersion = '', kind = '', metadata }: KubernetesObject): Named {
  const { namespace, name = '' } = metadata ?? {};
  return { apiVersion, kind, name, ...defined({ namespace }) };
}

const notOurs = (object: KubernetesObject, { runId }: Proprietor): Failure =>
  environmentFailure(`${identityOf(named(object))} is there, and was not made by run ${runId}: it was left alone.`, {
    next: 'Rename or remove it if it is yours, or use another cluster.',
  });
