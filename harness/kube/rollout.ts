import { type KubernetesObject, PatchStrategy, type V1Deployment, type V1Pod } from '@kubernetes/client-node';
import type { Deadline } from '../deadlines.ts';
import { eventually, Fatal } from '../retry.ts';
import type { Kube } from './client.ts';
import { pullFailure } from './image-pull.ts';

export interface DeploymentRef {
  namespace: string;
  name: string;
}

/** Restarts a deployment the way `kubectl rollout restart` does: by a changed annotation of its pod template. */
export async function restart(kube: Kube, deployment: DeploymentRef): Promise<void> {
  const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
  await patchSpec(kube, deployment, { template: { metadata: { annotations } } });
}

/** Sets the number of replicas and waits for nothing. */
export async function scale(kube: Kube, deployment: DeploymentRef, replicas: number): Promise<void> {
  await patchSpec(kube, deployment, { replicas });
}

async function patchSpec(kube: Kube, { namespace, name }: DeploymentRef, spec: object): Promise<void> {
  const patch: KubernetesObject & { spec: object } = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name },
    spec,
  };
  await kube.objects.send(patch, PatchStrategy.MergePatch);
}

/**
 * Waits until only pods of the newest template serve and all of them are available. Of a deployment that `isNew`, with
 * no pods of an older template, it ends at once with a {@link pullFailure}, exit code 4, if there is one.
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
      const hopeless = options.isNew === true ? pullFailure(await podsOf(kube, deployment)) : undefined;
      throw hopeless === undefined ? new Error(missing) : new Fatal(hopeless);
    },
    {
      waitingFor: `deployment ${namespace}/${name} to be rolled out`,
      within: options.within,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
  );
}

async function podsOf(kube: Kube, { metadata, spec }: V1Deployment): Promise<V1Pod[]> {
  const labels = Object.entries(spec?.selector.matchLabels ?? {}).map((label) => label.join('='));
  return await livePods(kube, metadata?.namespace ?? '', labels.join(','));
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
    ...(labelSelector === undefined ? {} : { labelSelector }),
  });
  return items.filter(
    (pod) =>
      pod.metadata?.deletionTimestamp === undefined &&
      pod.status?.phase !== 'Succeeded' &&
      pod.status?.phase !== 'Failed',
  );
}
