import { saveAccess } from '../cluster/access.ts';
import { type ExistingCluster, openExisting } from '../cluster/existing.ts';
import { environmentFailure } from '../errors.ts';
import { apiMessage } from '../kube/client.ts';
import { takeInventory } from '../kube/inventory.ts';
import type { Distribution } from './distribution.ts';
import type { Ground } from './ground.ts';
import { entranceServices } from './lab-manifests.ts';
import { openWays, type WayIn } from './ways.ts';

export interface ExistingGround {
  runId: string;
  cluster: ExistingCluster;
  distribution: Distribution;
  wayIn: WayIn;
}

/** A cluster that is there already: what is in it is listed before anything is made. */
export async function groundOnExisting(
  { runId, cluster, distribution, wayIn }: ExistingGround,
  hold: (resource: AsyncDisposable) => void,
): Promise<Ground> {
  const kube = openExisting(cluster);
  kube.as('up');
  const before = await takeInventory(kube).catch((error: unknown) => {
    throw environmentFailure(`The cluster ${kube.server} does not answer: ${apiMessage(error)}`, {
      next: 'Check the context with kubectl, and what this user may do.',
      cause: error,
    });
  });
  const access = { ...(cluster.file === undefined ? {} : { kubeconfig: cluster.file }), context: kube.context };
  saveAccess(runId, { ...access, before });
  return {
    access,
    before,
    exposure: {
      gateway: {
        type: wayIn === 'load-balancer' ? 'LoadBalancer' : wayIn === 'port-forward' ? 'ClusterIP' : 'NodePort',
      },
      // A probe connects to wherever it is told to: it is not shown to anybody else.
      outside: { type: 'ClusterIP' },
      inside: { type: 'ClusterIP' },
    },
    addImages: () => Promise.resolve(), // its nodes pull what they need
    ways: (signal) => openWays(kube, { services: entranceServices(distribution), wayIn }, hold, signal),
  };
}
