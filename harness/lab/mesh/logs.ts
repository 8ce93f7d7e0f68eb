import type { V1Pod } from '@kubernetes/client-node';
import { messageOf } from '../../common/errors.ts';
import type { Kube } from '../../cluster/kube/client.ts';
import { found } from '../../cluster/kube/failure.ts';
import { podsOf } from '../../cluster/kube/rollout.ts';
import { RUN_LABEL } from '../../cluster/ownership/label.ts';
import { allAddOns, deploymentsOfAddOn } from './add-ons.ts';
import type { Distribution } from './distribution.ts';
import { deploymentsOf } from './lab.ts';

const LINES = 2_000;

export interface ContainerLog {
  /** `namespace_pod_container.log` */
  file: string;
  text: string;
}

/**
 * The last lines of every container, native sidecars included, of the lab's own deployments: for a run that went wrong.
 * What others have in the same namespaces is none of ours to keep.
 */
export async function collectLogs(kube: Kube, runId: string, distribution: Distribution): Promise<ContainerLog[]> {
  const containers = (await podsOfLab(kube, runId, distribution)).flatMap((pod) =>
    [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].map((container) => ({
      namespace: pod.metadata?.namespace ?? '',
      name: pod.metadata?.name ?? '',
      container: container.name,
    })),
  );
  return await Promise.all(
    containers.map(async (one) => ({
      file: `${one.namespace}_${one.name}_${one.container}.log`,
      text: await kube.core
        .readNamespacedPodLog({ ...one, tailLines: LINES })
        .catch((error: unknown) => `(no log: ${messageOf(error)})`),
    })),
  );
}

/** The pods of a lab's deployments, as far as these are there. */
async function podsOfLab(kube: Kube, runId: string, distribution: Distribution): Promise<V1Pod[]> {
  const ofAddOns = allAddOns().flatMap(deploymentsOfAddOn);
  const pods = await Promise.all(
    [...deploymentsOf(distribution), ...ofAddOns].map(async (ref) => {
      const deployment = await found(kube.apps.readNamespacedDeployment(ref));
      // A cert-manager may be somebody's; the planes are the lab's, whoever has installed them.
      const isOthers = ofAddOns.includes(ref) && deployment?.metadata?.labels?.[RUN_LABEL] !== runId;
      return deployment === undefined || isOthers ? [] : await podsOf(kube, deployment);
    }),
  );
  return pods.flat();
}

/** Why pods of a lab are not ready, in the cluster's own words, a line each. */
export async function podTroubles(kube: Kube, runId: string, distribution: Distribution): Promise<string> {
  return (await podsOfLab(kube, runId, distribution))
    .flatMap((pod) =>
      [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
        .filter((container) => !container.ready && container.state?.terminated?.reason !== 'Completed')
        .map((container) => {
          const { waiting, terminated } = container.state ?? {};
          const why = waiting?.message ?? waiting?.reason ?? terminated?.reason ?? 'not ready';
          return `${pod.metadata?.namespace ?? ''}/${pod.metadata?.name ?? ''} ${container.name}: ${why}`;
        }),
    )
    .join('\n');
}
