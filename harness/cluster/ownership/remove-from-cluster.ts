import { type KubernetesObject, PatchStrategy } from '@kubernetes/client-node';
import { deadline } from '../../common/deadlines.ts';
import { pause } from '../../common/ending.ts';
import { environmentFailure, type Failure } from '../../common/errors.ts';
import type { Kube } from '../kube/client.ts';
import { ApiFailure, apiStatus, found } from '../kube/failure.ts';
import {
  identityOf,
  type Inventory,
  type InventoryObject,
  referenceTo,
  sentenceFor,
  takeInventory,
} from '../kube/inventory.ts';
import { objectName } from '../kube/manifests.ts';
import { whatIsMissing } from '../kube/rollout.ts';
import { eventually, Fatal, WaitFailure } from '../../common/retry.ts';
import {
  type Belongings,
  CRD,
  type CrdObject,
  hasOthersIn,
  inside,
  leftoversOf,
  matches,
  sortOut,
} from './belongings.ts';
import { compareInventories, type Removal } from './compare.ts';
import { RUN_LABEL } from './label.ts';
import { identityOfCluster } from './lock.ts';
import { defined } from '../../common/defined.ts';
import {
  beforeReference,
  type ClusterRecord,
  HOME,
  homeNamespace,
  leaseReference,
  type Leftover,
  readBefore,
  readLease,
  readRecord,
  recordReference,
} from './record.ts';
import { ledgerInCluster } from './ledger.ts';
import { removePods } from './objects.ts';

/** Before the rest: they would hold up what they watch over, with nobody there to answer. */
const WEBHOOKS = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];
const isWebhook = ({ kind }: InventoryObject) => WEBHOOKS.includes(kind);
const isCrd = ({ kind }: InventoryObject) => kind === CRD;

/**
 * Removes everything that a run has made in a cluster that was there before it, and gives back what it has changed:
 * nothing of others goes, and what holds something of others stays and is named. All that it goes by is in the cluster.
 * Returns how it compares with before, if that is known (`before` where the record does not have it).
 */
export async function removeFromCluster(kube: Kube, runId: string, known?: Inventory): Promise<Removal> {
  const record = await readRecord(kube);
  const isOwn = record?.tenant.runId === runId;
  const before = isOwn ? ((await readBefore(kube)) ?? known) : known;
  if (record === undefined) await assertNothingLeft(kube, runId);
  const kept = isOwn ? await removeLab(kube, record, before) : [];
  kept.push(...(await removeHome(kube, runId, () => readWell(kube, isOwn ? record : undefined, before))));
  return { ...(await compared(kube, before, isOwn && kept.length === 0)), kept };
}

/** Without the record nobody knows what is whose: what carries the run's label is named, and left to whoever knows it. */
async function assertNothingLeft(kube: Kube, runId: string): Promise<void> {
  const { objects } = await takeInventory(kube, { labelSelector: `${RUN_LABEL}=${runId}` });
  const left = objects.filter((object) => !isHome(object) && !object.owned && object.kind !== 'Endpoints');
  if (left.length === 0) return;
  throw environmentFailure(
    `The record of run ${runId} is gone from ${kube.server}, and with it what proves things its own.`,
    {
      next: `Look at what carries its label, and delete what you know: kubectl get all,crd,clusterrole --all-namespaces --selector ${RUN_LABEL}=${runId}`,
      evidence: left.slice(0, 20).map(identityOf).join('\n'),
    },
  );
}

/** Removes all but the record and the lock; returns what was kept. */
async function removeLab(kube: Kube, record: ClusterRecord, before: Inventory | undefined): Promise<string[]> {
  const { tenant } = record;
  if ((await identityOfCluster(kube)) !== tenant.cluster) {
    throw environmentFailure(`${kube.server} is not the cluster that the record of run ${tenant.runId} is about.`, {
      next: 'Nothing was removed. A backup may have brought the record here: delete the namespace meshtrust if so.',
    });
  }
  const kept = new Map<string, string>();
  const read = () => readWell(kube, record, before);
  const round = (isMeant: (object: InventoryObject) => boolean) => gone(kube, record, { isMeant, read }, kept);
  await round(isWebhook);
  await restoreLent(kube, record);
  await round((object) => !isCrd(object));
  await removeLeftovers(kube, record, read);
  await restartOthers(kube, record);
  await round(isCrd);
  return [...kept.values()].sort();
}

/** Deletes what is meant of the run's objects until all of it is gone, but for what holds something of others. */
async function gone(
  kube: Kube,
  record: ClusterRecord,
  { isMeant, read }: { isMeant: (object: InventoryObject) => boolean; read: () => Promise<Inventory> },
  kept: Map<string, string>,
): Promise<void> {
  await untilGone(kube, record.tenant.runId, async () => {
    const belongings = sortOut(await read(), record);
    const crds = belongings.own.some((object) => isMeant(object) && isCrd(object)) ? await readCrds(kube) : [];
    for (const copy of belongings.copies.filter((one) => !isHome(one))) {
      kept.set(copy.uid, `${identityOf(copy)} carries this run's label and was not made by it: it was left alone`);
    }
    const doomed = belongings.own.filter((object) => isMeant(object) && !isHome(object));
    const going = doomed.filter((object) => {
      const why = reasonToKeep(object, belongings, crds);
      if (why !== undefined) kept.set(object.uid, why);
      return why === undefined;
    });
    const results = await Promise.allSettled(going.map((object) => removeOne(kube, object)));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    return going;
  });
}

function reasonToKeep(object: InventoryObject, belongings: Belongings, crds: readonly CrdObject[]): string | undefined {
  const things = inside(object, belongings, crds).filter((other) => !isHome(other));
  if (things.length === 0) return undefined;
  const names = things.slice(0, 5).map(identityOf).join(', ');
  const more = things.length > 5 ? ` and ${things.length - 5} more` : '';
  return `${identityOf(object)} stays, for something of others is in it: ${names}${more}`;
}

/** The record and its namespace go last: they tell what is left to do. */
const isHome = ({ kind, name, namespace }: InventoryObject): boolean =>
  namespace === HOME || (kind === 'Namespace' && name === HOME);

/**
 * An inventory in which nothing is missing that the run has made, or could destroy something of others in. What could not
 * be read before the run either, an aggregated API that is down, is nothing of its doing, unless it brought the group.
 */
async function readWell(
  kube: Kube,
  record: Pick<ClusterRecord, 'made'> | undefined,
  before: Inventory | undefined,
): Promise<Inventory> {
  const inventory = await takeInventory(kube);
  const made = [...(record?.made.values() ?? [])];
  const groups = new Set(made.map(({ apiVersion }) => apiVersion.replace(/\/?[^/]*$/, '')));
  // A CRD is named PLURAL.GROUP.
  for (const { kind, name } of made) if (kind === CRD) groups.add(name.slice(name.indexOf('.') + 1));
  const wasUnread = new Set((before?.unread ?? []).map(({ group, kind = '' }) => `${group} ${kind}`));
  const missing = inventory.unread.filter(
    ({ group, kind = '' }) => groups.has(group) || !wasUnread.has(`${group} ${kind}`),
  );
  if (missing.length > 0) throw new Error(missing.map(sentenceFor).join('; '));
  return inventory;
}

const readCrds = async (kube: Kube): Promise<CrdObject[]> => {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  return (await kube.objects.get<{ items: CrdObject[] | null }>(path)).items ?? [];
};

/** Deletes just this object, and not another one that has come under its name. */
async function removeOne(kube: Kube, object: InventoryObject): Promise<void> {
  try {
    await found(kube.objects.erase(referenceTo(object), object.uid));
  } catch (error) {
    // Another one has come under its name: the next look says whose that is.
    if (apiStatus(error) !== 409) throw error;
  }
}

/** Gives back what was changed of somebody's, if it still is the same object. */
async function restoreLent(kube: Kube, { tenant, lent }: ClusterRecord): Promise<void> {
  for (const loan of lent.values()) {
    await persistently(kube, tenant.runId, `${identityOf(loan)} to be as it was`, async () => {
      const there = await found(kube.objects.look(referenceTo(loan)));
      if (there?.metadata?.uid !== loan.uid) return;
      const { metadata, ...fields } = loan.was as { metadata?: object };
      const { apiVersion, kind, name, namespace, uid } = loan;
      const target = { ...metadata, name, uid, ...defined({ namespace }) };
      await kube.objects.send({ apiVersion, kind, ...fields, metadata: target }, PatchStrategy.MergePatch);
    });
  }
}

/** What controllers of the run have made outside of its namespaces, unless somebody else's controllers make the same. */
async function removeLeftovers(kube: Kube, record: ClusterRecord, read: () => Promise<Inventory>): Promise<void> {
  const { tenant, since } = record;
  await untilGone(kube, tenant.runId, async () => {
    const { objects } = await read();
    const meant = leftoversOf(record).filter((one) => !isMadeByOthers(one, objects));
    const left = objects.filter((object) => meant.some((one) => matches(one, object, since)));
    await Promise.all(left.map((object) => removeOne(kube, object)));
    return left;
  });
}

/** Whether somebody else's controller, one that was not there before, would be making the same. */
const isMadeByOthers = ({ unless, except = [] }: Leftover, objects: readonly InventoryObject[]): boolean =>
  unless !== undefined &&
  objects.some(
    ({ kind, labels, namespace = '' }) =>
      kind === 'Deployment' &&
      !except.includes(namespace) &&
      Object.entries(unless).every(([label, value]) => labels[label] === value),
  );

/** Has controllers of others start anew that have taken over something of the run, which is gone now. */
async function restartOthers(kube: Kube, { tenant, made }: ClusterRecord): Promise<void> {
  const { runId, restarts } = tenant;
  const owner = { kube, runId, ledger: ledgerInCluster(kube, runId), shared: [] };
  for (const { after, ...deployment } of restarts) {
    if (!made.has(after)) continue;
    const { namespace, name } = deployment;
    // Its owner may have removed it meanwhile.
    if ((await found(kube.apps.readNamespacedDeployment(deployment))) === undefined) continue;
    await persistently(kube, runId, `deployment ${namespace}/${name} to restart`, () => removePods(owner, deployment));
    await persistently(kube, runId, `deployment ${namespace}/${name} to be back`, async () => {
      const there = await found(kube.apps.readNamespacedDeployment(deployment));
      const missing = there === undefined ? undefined : whatIsMissing(there);
      if (missing !== undefined) throw new Error(missing);
    });
  }
}

/** The record, the lock, and their namespace if it is the run's and holds nothing else; tells if that has to stay. */
async function removeHome(kube: Kube, runId: string, read: () => Promise<Inventory>): Promise<string[]> {
  const isOwn = (labels: Record<string, string> | undefined) => labels?.[RUN_LABEL] === runId;
  const lease = await readLease(kube);
  if (lease !== undefined && !isOwn(lease.metadata?.labels)) return [];
  const remove = async (reference: KubernetesObject, reasonToKeep: () => Promise<string | undefined>) => {
    let why: string | undefined;
    await persistently(kube, runId, `${objectName(reference)} to be gone`, async () => {
      const there = await found(kube.objects.look(reference));
      if (there === undefined || !isOwn(there.metadata?.labels)) return;
      why = await reasonToKeep();
      if (why !== undefined) return;
      await found(kube.objects.erase(reference, there.metadata?.uid ?? ''));
      throw new Error('it is still there');
    });
    return why === undefined ? [] : [`${objectName(reference)} stays, for ${why}`];
  };
  for (const reference of [beforeReference, recordReference, leaseReference]) {
    await remove(reference, () => Promise.resolve(undefined));
  }
  return await remove(homeNamespace, async () => {
    try {
      const inventory = await eventually(read, { waitingFor: 'all of it to be read', within: 'asFound' });
      return hasOthersIn(inventory, HOME) ? 'something of others is in it' : undefined;
    } catch (error) {
      return `not all that may be in it can be seen: ${(error as Error).message}`;
    }
  });
}

/** Looks, and has removed what is left, until nothing is; what the API server refuses for the moment is tried again. */
async function untilGone(kube: Kube, runId: string, left: () => Promise<InventoryObject[]>): Promise<void> {
  await persistently(kube, runId, 'everything of the run to be gone', async () => {
    const objects = await left();
    if (objects.length === 0) return;
    await thoseToGo(kube, objects);
    throw new Error(`${objects.map(identityOf).slice(0, 5).join(', ')} are still there`);
  });
}

/**
 * Gives objects that were deleted a while to go, asking for one after the other: whether others have come meanwhile is
 * for the next look at everything, which is dear in a large cluster.
 */
async function thoseToGo(kube: Kube, objects: readonly InventoryObject[]): Promise<void> {
  const limit = AbortSignal.timeout(deadline('asFound'));
  for (const object of objects) {
    for (;;) {
      const there = await found(kube.objects.look(referenceTo(object)));
      if (there?.metadata?.uid !== object.uid) break;
      if (limit.aborted) return;
      await pause(deadline('poll'));
    }
  }
}

/** Tries again what time may mend, for that the lab is gone in the end is worth waiting for; refused credentials it does not. */
async function persistently(kube: Kube, runId: string, waitingFor: string, attempt: () => Promise<void>) {
  const failure = (error: Failure) =>
    environmentFailure(`The cluster ${kube.server} could not be left as it was: ${error.reason}`, {
      next: `What is left of the lab is still on record. Try again with: npm run meshtrust -- down ${runId}`,
      cause: error,
    });
  try {
    await eventually(
      async () => {
        try {
          await attempt();
        } catch (error) {
          if (error instanceof ApiFailure && REFUSED.includes(error.status ?? 0)) throw new Fatal(failure(error));
          throw error;
        }
      },
      { waitingFor, within: 'leave' },
    );
  } catch (error) {
    throw error instanceof WaitFailure ? failure(error) : error;
  }
}

/** 401: no credentials, or old ones. 403: a right was taken away. */
const REFUSED = [401, 403];

/**
 * What a Service leaves behind, its address for one, goes a moment later: where the cluster is to be as it was, that is
 * waited for before differences are told.
 */
async function compared(
  kube: Kube,
  before: Inventory | undefined,
  isToBeAsBefore: boolean,
): Promise<Omit<Removal, 'kept'>> {
  if (before === undefined) {
    const { objects, unread } = await takeInventory(kube);
    return {
      ...{ before: 0, after: objects.length, added: [], gone: [], changed: [], givenBack: [] },
      unread: ['what was there before is not known any more', ...unread.map(sentenceFor)],
    };
  }
  let leaving: Omit<Removal, 'kept'> | undefined;
  const look = async () => {
    const after = await takeInventory(kube, { digests: true });
    leaving = {
      ...compareInventories(before, after),
      unread: [...new Set([...before.unread, ...after.unread].map(sentenceFor))],
    };
    return leaving;
  };
  if (!isToBeAsBefore) return await look();
  await eventually(
    async () => {
      const { added, gone: lost, changed } = await look();
      if (added.length + lost.length + changed.length === 0) return;
      await pause(deadline('refresh'));
      throw new Error('there are differences');
    },
    { waitingFor: 'the cluster to be as it was', within: 'asFound' },
  ).catch(() => undefined); // they are told, whoever they come from
  return leaving ?? (await look());
}
