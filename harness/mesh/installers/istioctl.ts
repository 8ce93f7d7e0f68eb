import type { KubernetesObject } from '@kubernetes/client-node';
import { parseManifests } from '../../kube/manifests.ts';
import { run } from '../../process.ts';
import type { IstioParts } from '../../supply/supply.ts';
import type { Plane } from '../distribution.ts';
import { planeValues } from './values.ts';

/** Manifests of a plane as `istioctl manifest generate` renders them; `istioctl` is a path. */
export async function renderWithIstioctl(
  plane: Plane,
  { hub, tag }: IstioParts,
  istioctl: string,
  signal?: AbortSignal,
): Promise<KubernetesObject[]> {
  const operator = {
    apiVersion: 'install.istio.io/v1alpha1',
    kind: 'IstioOperator',
    metadata: { namespace: plane.namespace, name: plane.name },
    spec: {
      profile: 'empty',
      hub,
      tag,
      namespace: plane.namespace,
      ...(plane.revision === '' ? {} : { revision: plane.revision }),
      components: { base: { enabled: plane.name === 'mesh' }, pilot: { enabled: true } },
      values: planeValues(plane),
    },
  };
  const text = await run([istioctl, 'manifest', 'generate', '--filename', '-'], {
    // JSON, which is YAML: a YAML 1.1 reader would take an unquoted OFF for a boolean.
    input: JSON.stringify(operator),
    signal,
  });
  return parseManifests(text);
}
