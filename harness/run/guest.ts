import { connect, readAccess, readListing } from '../cluster/access.ts';
import { environmentFailure } from '../common/errors.ts';
import type { Removal } from '../cluster/ownership/compare.ts';
import { removeFromCluster } from '../cluster/ownership/remove-from-cluster.ts';
import { identityOfCluster } from '../cluster/ownership/lock.ts';

/** Has the run its lab in a cluster that was there before? Then no engine of ours is needed for it. */
export const isGuest = ({ id }: { id: string }): boolean => readAccess(id)?.guestOf !== undefined;

/**
 * Removes a run's lab from the cluster that it is a guest of; undefined for a run that is no guest. Fails, exit code 3,
 * where its context has come to mean another cluster.
 */
export async function removeAsGuest(id: string): Promise<Removal | undefined> {
  const access = readAccess(id);
  if (access?.guestOf === undefined) return undefined;
  const kube = connect(access);
  kube.as('down');
  if ((await identityOfCluster(kube)) !== access.guestOf) {
    throw environmentFailure(`The context '${kube.context}' leads to another cluster than when run ${id} began.`, {
      next: `Nothing was removed there. Name the right one: npm run meshtrust -- down --cluster kubeconfig --context NAME ${id}`,
    });
  }
  return await removeFromCluster(kube, id, readListing(id));
}
