import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { defined } from '../../common/defined.ts';
import type { Deadline } from '../../common/deadlines.ts';
import { eventually, Fatal } from '../../common/retry.ts';
import type { Kube } from './client.ts';
import { podPullFailure } from './image-pull.ts';

export interface DeploymentRef {
  namespace: string;
  name: string;
}

/**
 * Waits until only pods of the newest template serve and all of them are available. Of a deployment that `isNew`, with
 * no pods of an older template, it ends at once with a {@link podPullFailure}, exit code 4, if there is one.
 */
export async function rolledOut(
  kube: Kube,
  { namespace, name }: DeploymentRef,
  options: { within: Deadline; isNew?: boolean; signal?: AbortSignal | undefined },
): Promise<void> {
  await eventually(
    async () => {
      const deployment = await kube.apps.readNamespacedDeployment({ namespace, name });
      const missing = whatIsMissing(deployment);
      if (missing === undefined) return;
      const hopeless = options.isNew === true ? podPullFailure(await podsOf(kube, deployment)) : undefined;
      throw hopeless === undefined ? new Error(missing) : new Fatal(hopeless);
    },
    {
      waitingFor: `deployment ${namespace}/${name} to be rolled out`,
      within: options.within,
      ...defined({ signal: options.signal }),
    },
  );
}

/** The pods of a Deployment that are meant to serve. */
export const podsOf = async (kube: Kube, deployment: V1Deployment): Promise<V1Pod[]> =>
  (await allPodsOf(kube, deployment)).filter(isLive);

/** The pods of a Deployment, those that are ending or have ended too. */
export async function allPodsOf(kube: Kube, { metadata, spec }: V1Deployment): Promise<V1Pod[]> {
  const labels = Object.entries(spec?.selector.matchLabels ?? {}).map((label) => label.join('='));
  const selected = { namespace: metadata?.namespace ?? '', labelSelector: labels.join(',') };
  return (await kube.core.listNamespacedPod(selected)).items;
}

/** What still keeps a rollout from being complete, as a clause (the conditions of `kubectl rollout status`). */
export function whatIsMissing({ metadata, spec, status }: V1Deployment): string | undefined {
  const wanted = spec?.replicas ?? 1;
  if ((status?.observedGeneration ?? 0) < (metadata?.generation ?? 0)) return 'its controller has not seen the change';
  if ((status?.updatedReplicas ?? 0) < wanted) return `${status?.updatedReplicas ?? 0} of ${wanted} replicas updated`;
  if ((status?.replicas ?? 0) > (status?.updatedReplicas ?? 0)) return 'old replicas are still there';
  if ((status?.availableReplicas ?? 0) < wanted) return `${status?.availableReplicas ?? 0} of ${wanted} available`;
  return undefined;
}

/** Pods that are meant to serve: not ending, not ended. */
export async function livePods(kube: Kube, namespace: string, labelSelector?: string): Promise<V1Pod[]> {
  const { items } = await kube.core.listNamespacedPod({
    namespace,
    ...defined({ labelSelector }),
  });
  return items.filter(isLive);
}

/** A pod that is asked for by others: its condition Ready is True (Kubernetes, «Pod Lifecycle», pod conditions). */
export const isReady = ({ status }: V1Pod): boolean =>
  status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;

const isLive = ({ metadata, status }: V1Pod): boolean =>
  metadata?.deletionTimestamp === undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
