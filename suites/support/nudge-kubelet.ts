import type { KubernetesObject } from '@kubernetes/client-node';
import type { Lab } from '../../harness/lab/mesh/lab.ts';
import { change } from '../../harness/cluster/ownership/objects.ts';

/**
 * Changes an annotation, so that whoever looks after the object looks at it again: the kubelet brings the Secrets and
 * ConfigMaps that a pod mounts up to date, which it otherwise does about once a minute.
 */
export async function nudgeKubelet(owner: Lab, { apiVersion, kind, metadata }: KubernetesObject): Promise<void> {
  const { namespace, name } = metadata ?? {};
  const annotations = { 'meshtrust.dev/touched-at': new Date().toISOString() };
  const object = { apiVersion, kind, metadata: { namespace, name, annotations } } as KubernetesObject;
  await change(owner, object);
}
