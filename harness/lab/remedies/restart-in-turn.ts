import { getFromPod } from '../../cluster/kube/port-forward.ts';
import { livePods } from '../../cluster/kube/rollout.ts';
import type { Lab } from '../mesh/lab.ts';
import { ISTIOD_SELECTOR, MONITORING_PORT } from '../../observations/istio.ts';
import { type PlaneName, PLANES } from '../../observations/planes.ts';
import { eventually } from '../../common/retry.ts';
import { restartIstiods, restartWorkloads, workloadsOf } from './restart.ts';

/**
 * Restarts both istiods and then every workload while the others go on answering: one after another, for all at once
 * would leave them no processor, and none before all proxies know what the last one has changed.
 */
export async function restartInTurn(lab: Lab, root: string): Promise<void> {
  await restartIstiods(lab, root);
  for (const plane of PLANES) await restartWorkloadsInTurn(lab, plane);
}

/** Restarts the workloads of a plane one after another. */
export async function restartWorkloadsInTurn(lab: Lab, plane: PlaneName): Promise<void> {
  for (const workload of workloadsOf(lab, plane)) {
    await Promise.all(PLANES.map((one) => synced(lab, one)));
    await restartWorkloads(lab, plane, [workload]);
  }
}

interface Sync {
  /** `POD.NAMESPACE` */
  proxy: string;
  endpoint_sent?: string;
  endpoint_acked?: string;
}

/**
 * Waits until every workload of a plane has taken the last endpoints from istiod, by istiod's own word, which
 * `istioctl proxy-status` shows too. One that is still looking for the new istiod would send to pods that are gone.
 */
async function synced(lab: Lab, plane: PlaneName): Promise<void> {
  const { namespace } = lab.distribution.planes[plane];
  await eventually(
    async () => {
      const istiods = (await livePods(lab.kube, namespace, ISTIOD_SELECTOR)).map(
        ({ metadata }) => metadata?.name ?? '',
      );
      const answers = await Promise.all(
        istiods.map((name) => getFromPod(lab.kube, { namespace, name }, MONITORING_PORT, '/debug/syncz')),
      );
      const synced = answers
        .flatMap((answer) => JSON.parse(answer) as Sync[])
        .filter(({ endpoint_sent: sent, endpoint_acked: acked }) => sent !== undefined && sent === acked)
        .map(({ proxy }) => proxy);
      const behind = (await proxiesOf(lab, plane)).filter((proxy) => !synced.includes(proxy));
      if (behind.length > 0) throw new Error(`${behind.join(', ')} has not`);
    },
    { waitingFor: `all proxies to have the endpoints of the ${plane} plane's istiod`, within: 'planeReady' },
  );
}

async function proxiesOf(lab: Lab, plane: PlaneName): Promise<string[]> {
  const pods = await Promise.all(
    workloadsOf(lab, plane).map(async ({ namespace, name }) => {
      const all = (await livePods(lab.kube, namespace)).map(({ metadata }) => metadata?.name ?? '');
      return all.filter((pod) => pod.startsWith(`${name}-`)).map((pod) => `${pod}.${namespace}`);
    }),
  );
  return pods.flat();
}
