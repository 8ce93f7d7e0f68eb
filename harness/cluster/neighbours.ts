import type { KubernetesObject } from '@kubernetes/client-node';
import { environmentFailure } from '../common/errors.ts';
import type { Kube } from './kube/client.ts';
import { apiMessage, found } from './kube/failure.ts';
import type { Inventory } from './kube/inventory.ts';
import { getFromPod } from './kube/port-forward.ts';
import { type DeploymentRef, podsOf } from './kube/rollout.ts';
import { MONITORING_PORT } from '../observations/istio.ts';

interface Gateway extends KubernetesObject {
  spec?: { gatewayClassName?: string };
}

/** Gateways of somebody's that the lab's planes would serve, for being of these classes; a sentence each. */
export async function foreignGateways(
  kube: Kube,
  { objects }: Inventory,
  classes: readonly string[],
): Promise<string[]> {
  const there = objects.filter(
    ({ kind, apiVersion }) => kind === 'Gateway' && apiVersion.startsWith('gateway.networking.k8s.io/'),
  );
  const sentences = there.map(async ({ apiVersion, kind, namespace = '', name }) => {
    const gateway = await found(kube.objects.look<Gateway>({ apiVersion, kind, metadata: { namespace, name } }));
    const { gatewayClassName = '' } = gateway?.spec ?? {};
    if (!classes.includes(gatewayClassName)) return [];
    return [`Gateway ${namespace}/${name} is of class ${gatewayClassName}, which the lab's planes would serve`];
  });
  return (await Promise.all(sentences)).flat();
}

/**
 * Whom the planes that somebody has installed serve already, by their own word (istiod, /debug/syncz): a run restarts
 * them and gives them another CA, which all of their proxies would feel. A sentence each; fails, exit code 3, where an
 * istiod does not say.
 */
export async function servedByOthers(kube: Kube, istiods: readonly DeploymentRef[]): Promise<string[]> {
  const sentences = await Promise.all(istiods.map((istiod) => servedBy(kube, istiod)));
  return sentences.flat();
}

async function servedBy(kube: Kube, istiod: DeploymentRef): Promise<string[]> {
  const deployment = await found(kube.apps.readNamespacedDeployment(istiod));
  if (deployment === undefined)
    return [`there is no istiod ${istiod.namespace}/${istiod.name}, which is to be there already`];
  try {
    const pods = await podsOf(kube, deployment);
    const answers = await Promise.all(
      pods.map(({ metadata }) =>
        getFromPod(kube, { namespace: istiod.namespace, name: metadata?.name ?? '' }, MONITORING_PORT, '/debug/syncz'),
      ),
    );
    const proxies = answers.flatMap((answer) => (JSON.parse(answer) as { proxy: string }[] | null) ?? []);
    return [...new Set(proxies.map(({ proxy }) => proxy))]
      .sort()
      .map((proxy) => `${istiod.namespace}/${istiod.name} serves ${proxy}, which would get another CA`);
  } catch (error) {
    throw environmentFailure(
      `Whom the istiod ${istiod.namespace}/${istiod.name} serves cannot be found out: ${apiMessage(error)}`,
      { next: 'A run would restart it and change its CA. See that it runs and that this user may port-forward to it.' },
    );
  }
}
