import type { Settings } from '../config/settings.ts';
import { groundOnExisting } from '../mesh/existing-ground.ts';
import type { Ground } from '../mesh/ground.ts';
import { groundOnK3d, type K3dGround } from '../mesh/k3d-ground.ts';
import type { Distribution } from '../mesh/distribution.ts';
import type { Session } from '../session.ts';

/** What the settings have a lab stand on: a cluster of its own, or one that is there already. */
export async function openGround(
  session: Session,
  { cluster, kubeconfig, ports, k3d }: Settings,
  lab: Pick<K3dGround, 'parts' | 'archives'> & { distribution: Distribution },
): Promise<Ground> {
  const { progress, signal, id: runId } = session;
  const hold = (resource: AsyncDisposable) => session.hold(resource);
  if (cluster === 'kubeconfig') {
    const { wayIn, ...existing } = kubeconfig;
    return await progress.phase('List what is in the cluster', async (say) => {
      const plan = { runId, cluster: existing, distribution: lab.distribution, wayIn };
      const ground = await groundOnExisting(plan, hold);
      say(`${ground.before.objects.length} objects`);
      return ground;
    });
  }
  return await progress.phase('Create the cluster', () => groundOnK3d({ runId, ports, k3d, ...lab }, signal));
}
