import type { V1Pod } from '@kubernetes/client-node';
import type { PodRef } from '../../cluster/kube/port-forward.ts';
import { livePods } from '../../cluster/kube/rollout.ts';
import type { Lab } from '../mesh/lab.ts';
import { DISCOVERY, ISTIOD_SELECTOR } from '../../observations/istio.ts';
import type { PlaneName } from '../../observations/planes.ts';

/** One pod of an istiod and how its container fares. */
export interface IstiodPod extends PodRef {
  ready: boolean;
  restarts: number;
  /** Why the container does not run now, such as CrashLoopBackOff. */
  waiting: string | undefined;
  /** How the container ended last time. */
  exitCode: number | undefined;
}

/** The pods of a plane's istiod; those that are ending are left out. */
export async function listIstiods(lab: Lab, plane: PlaneName): Promise<IstiodPod[]> {
  const pods = await livePods(lab.kube, lab.distribution.planes[plane].namespace, ISTIOD_SELECTOR);
  return pods.map(stateOf).sort((a, b) => a.name.localeCompare(b.name));
}

function stateOf({ metadata, status }: V1Pod): IstiodPod {
  const container = status?.containerStatuses?.find(({ name }) => name === DISCOVERY);
  return {
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    ready: container?.ready === true,
    restarts: container?.restartCount ?? 0,
    waiting: container?.state?.waiting?.reason,
    exitCode: (container?.state?.terminated ?? container?.lastState?.terminated)?.exitCode,
  };
}

/** What an istiod has printed; of a container that has crashed, what it printed before. */
export async function istiodLog(lab: Lab, pod: PodRef): Promise<string[]> {
  const { namespace, name } = pod;
  const text = await lab.kube.core.readNamespacedPodLog({ namespace, name, container: DISCOVERY });
  return text.split('\n');
}
