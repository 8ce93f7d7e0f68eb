import { type KubernetesObject, PatchStrategy } from '@kubernetes/client-node';
import type { Kube } from '../../harness/kube/client.ts';

/**
 * Changes an annotation, so that whoever looks after the object looks at it again: the kubelet brings the Secrets and
 * ConfigMaps that a pod mounts up to date, which it otherwise does about once a minute.
 */
export async function touch(kube: Kube, { apiVersion, kind, metadata }: KubernetesObject): Promise<void> {
  const { namespace, name } = metadata ?? {};
  const annotations = { 'meshtrust.dev/touched-at': new Date().toISOString() };
  const object = { apiVersion, kind, metadata: { namespace, name, annotations } } as KubernetesObject;
  await kube.objects.send(object, PatchStrategy.MergePatch);
}
