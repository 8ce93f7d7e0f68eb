import { resolve } from 'node:path';
import { saveAccess } from '../../cluster/access.ts';
import { type ExistingCluster, openExisting } from '../../cluster/existing.ts';
import type { Kube } from '../../cluster/kube/client.ts';
import { found } from '../../cluster/kube/failure.ts';
import { takeInventory } from '../../cluster/kube/inventory.ts';
import { ledgerInCluster } from '../../cluster/ownership/ledger.ts';
import { removeFromCluster } from '../../cluster/ownership/remove-from-cluster.ts';
import { assertFree, holderOf, identityOfCluster, keepHeld, lockCluster } from '../../cluster/ownership/lock.ts';
import { type PodIdentity, thisProcess } from '../../cluster/state/owner.ts';
import type { Distribution } from './distribution.ts';
import type { LabCluster } from './lab-cluster.ts';
import { wayInService } from './lab-manifests.ts';
import { exposureOf, openWay, type WayIn } from './addresses.ts';

export interface ExistingLab {
  runId: string;
  cluster: ExistingCluster;
  distribution: Distribution;
  wayIn: WayIn;
}

/**
 * Removes the lab of a pod of a Job that is gone, by the cluster's own word: its successor, the next index, is the only
 * one who ever would. Of anybody else's lab nothing is known for certain, and it stays.
 */
async function removeDead(kube: Kube): Promise<void> {
  const holder = await holderOf(kube);
  const [pod, own] = [holder?.owner?.pod, thisProcess().pod];
  if (holder === undefined || pod === undefined || own === undefined) return;
  const read = ({ namespace, name }: PodIdentity) => found(kube.core.readNamespacedPod({ namespace, name }));
  // Only in the cluster that this pod is in itself do the pods of others say anything.
  if ((await read(own))?.metadata?.uid !== own.uid) return;
  const there = await read(pod);
  const isOver = ['Failed', 'Succeeded'].includes(there?.status?.phase ?? '');
  if (there?.metadata?.uid === pod.uid && !isOver) return;
  await removeFromCluster(kube, holder.runId);
}

/** A cluster that is there already: what is in it is listed before anything is made. */
export async function labOnExisting(
  { runId, cluster, distribution, wayIn }: ExistingLab,
  hold: (resource: AsyncDisposable) => void,
): Promise<LabCluster> {
  const kube = openExisting(cluster);
  kube.as('up');
  await removeDead(kube);
  await assertFree(kube);
  const guestOf = await identityOfCluster(kube);
  const before = await takeInventory(kube, { digests: true });
  const access = {
    ...(cluster.file === undefined ? {} : { kubeconfig: resolve(cluster.file) }),
    context: kube.context,
  };
  return {
    access,
    isGuest: true,
    before,
    take: async (remains) => {
      // On record here before anything is there: whatever dies from now on, somebody knows where to look.
      saveAccess(runId, { ...access, guestOf }, before);
      await lockCluster(kube, { runId, owner: thisProcess(), cluster: guestOf, ...remains }, before);
      hold(keepHeld(kube));
      return ledgerInCluster(kube, runId);
    },
    wayIn: exposureOf(wayIn),
    addImages: () => Promise.resolve(), // its nodes pull what they need
    way: (owner, signal) => openWay(owner, { service: wayInService(distribution), wayIn }, hold, signal),
  };
}
