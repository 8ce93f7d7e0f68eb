import type { Kube } from '../kube/client.ts';
import { messageOf } from '../errors.ts';
import { type Distribution, PLANES } from './distribution.ts';
import { MESH_NAMESPACES } from './lab.ts';

const LINES = 2_000;

export interface ContainerLog {
  /** `namespace_pod_container.log` */
  file: string;
  text: string;
}

/** The last lines of every container, native sidecars included, of planes, gateway, Bookinfo and cert-manager: for a run that went wrong. */
export async function collectLogs(kube: Kube, { planes }: Distribution): Promise<ContainerLog[]> {
  const namespaces = [...PLANES.map((plane) => planes[plane].namespace), ...MESH_NAMESPACES, 'cert-manager'];
  const { items } = await kube.core.listPodForAllNamespaces();
  const containers = items
    .filter((pod) => namespaces.includes(pod.metadata?.namespace ?? ''))
    .flatMap((pod) =>
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
