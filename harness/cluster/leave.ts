import type { KubernetesObject } from '@kubernetes/client-node';
import { environmentFailure } from '../errors.ts';
import { RUN_LABEL } from '../kube/apply.ts';
import { found, type Kube } from '../kube/client.ts';
import { identityOf, type Inventory, type InventoryObject, takeInventory } from '../kube/inventory.ts';
import { eventually, WaitFailure } from '../retry.ts';

/** How a cluster is left, against how it was found. */
export interface Leaving {
  /** Number of objects before and after. */
  before: number;
  after: number;
  /** What is there and was not, and what was there and is not; both by group, kind and name. */
  added: string[];
  gone: string[];
  /** Kinds that could not be listed. */
  unread: string[];
}

/** Before the rest: they would hold up what they watch over, with nobody there to answer. */
const WEBHOOKS = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

/**
 * Removes everything that a run has made in a cluster that was there before it, and what its planes have made in turn:
 * nothing that was there before, and nothing of others. Returns how it compares with before.
 */
export async function leaveCluster(kube: Kube, runId: string, before: Inventory): Promise<Leaving> {
  const former = new Set(before.objects.map(({ uid, ...object }) => `${uid} ${identityOf(object)}`));
  const isNew = (object: InventoryObject) => !former.has(`${object.uid} ${identityOf(object)}`);
  const own = async () =>
    (await takeInventory(kube)).objects.filter((object) => isNew(object) && object.labels[RUN_LABEL] === runId);
  const removeSome = async (wanted: (object: InventoryObject) => boolean) => {
    await Promise.all((await own()).filter(wanted).map((object) => removeOne(kube, object)));
  };
  await removeSome(({ kind }) => WEBHOOKS.includes(kind));
  // Namespaces take their controllers with them; what is outside of them is then nobody's.
  await removeSome(({ kind }) => kind === 'Namespace');
  await goneAll(kube, runId, async () => (await own()).filter(({ kind }) => kind === 'Namespace'));
  await removeSome(() => true);
  await goneAll(kube, runId, own);
  const byPlanes = async () =>
    (await takeInventory(kube)).objects.filter((object) => isNew(object) && isLeftByController(object));
  await Promise.all((await byPlanes()).map((object) => removeOne(kube, object)));
  await goneAll(kube, runId, byPlanes);
  return await compared(kube, before);
}

/** What istiod and cert-manager make by themselves outside of their own namespaces, without a label of ours. */
export function isLeftByController({ kind, name, namespace, managers }: InventoryObject): boolean {
  const byIstiod = managers.length > 0 && managers.every((manager) => manager === 'pilot-discovery');
  if (byIstiod) return kind === 'ConfigMap' || kind === 'GatewayClass' || kind === 'Lease';
  return kind === 'Lease' && namespace === 'kube-system' && name.startsWith('cert-manager-');
}

/** Deletes just this object, and not another one that has come under its name. */
async function removeOne(kube: Kube, { apiVersion, kind, namespace, name, uid }: InventoryObject): Promise<void> {
  const object: KubernetesObject = {
    ...{ apiVersion, kind },
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  };
  const body = { preconditions: { uid }, propagationPolicy: 'Background' };
  await found(kube.objects.delete(object, undefined, undefined, undefined, undefined, undefined, body));
}

async function goneAll(kube: Kube, runId: string, left: () => Promise<InventoryObject[]>): Promise<void> {
  try {
    await eventually(
      async () => {
        const objects = await left();
        if (objects.length > 0) throw new Error(`${objects.map(identityOf).slice(0, 5).join(', ')} are still there`);
      },
      { waitingFor: 'everything of the run to be gone', within: 'leave' },
    );
  } catch (error) {
    if (!(error instanceof WaitFailure)) throw error;
    throw environmentFailure(`The cluster ${kube.server} could not be left as it was: ${error.message}`, {
      next: `Try again with: npm run meshtrust -- down ${runId}`,
      cause: error,
    });
  }
}

/** What a Service leaves behind, its address for one, goes a moment later: waits for that before it tells differences. */
async function compared(kube: Kube, before: Inventory): Promise<Leaving> {
  let leaving: Leaving | undefined;
  await eventually(
    async () => {
      leaving = compareInventories(before, await takeInventory(kube));
      if (leaving.added.length + leaving.gone.length > 0) throw new Error('there are differences');
    },
    { waitingFor: 'the cluster to be as it was', within: 'asFound' },
  ).catch(() => undefined); // they are told, whoever they come from
  return leaving ?? compareInventories(before, await takeInventory(kube));
}

/** By identity and UID: an object that was deleted and made again is another one. */
export function compareInventories(before: Inventory, after: Inventory): Leaving {
  const key = (object: InventoryObject) => `${identityOf(object)} ${object.uid}`;
  const [former, current] = [new Set(before.objects.map(key)), new Set(after.objects.map(key))];
  return {
    before: before.objects.length,
    after: after.objects.length,
    added: after.objects
      .filter((object) => !former.has(key(object)))
      .map(identityOf)
      .sort(),
    gone: before.objects
      .filter((object) => !current.has(key(object)))
      .map(identityOf)
      .sort(),
    unread: after.unread,
  };
}
