import type { KubernetesObject } from '@kubernetes/client-node';
import { parseManifests } from '../kube/apply.ts';
import { run } from '../process.ts';
import type { IstioParts } from '../supply/supply.ts';
import { merge, type Plane } from './distribution.ts';

/** Small enough for two planes and nine proxies on a laptop, whatever the charts ask for by default. */
const LAB_VALUES = {
  global: {
    defaultPodDisruptionBudget: { enabled: false },
    proxy: { resources: { requests: { cpu: '10m', memory: '40Mi' } } },
    proxy_init: { resources: { requests: { cpu: '10m', memory: '10Mi' } } },
  },
  pilot: { autoscaleEnabled: false, resources: { requests: { cpu: '50m', memory: '128Mi' } } },
};

/**
 * Manifests of a plane as `istioctl manifest generate` renders them. Only the mesh plane brings the cluster's CRDs: two
 * planes rendered this way share no object.
 */
export async function renderPlane(plane: Plane, parts: IstioParts, signal?: AbortSignal): Promise<KubernetesObject[]> {
  const operator = {
    apiVersion: 'install.istio.io/v1alpha1',
    kind: 'IstioOperator',
    metadata: { namespace: plane.namespace, name: plane.name },
    spec: {
      profile: 'empty',
      hub: parts.hub,
      tag: parts.tag,
      namespace: plane.namespace,
      ...(plane.revision === '' ? {} : { revision: plane.revision }),
      components: { base: { enabled: plane.name === 'mesh' }, pilot: { enabled: true } },
      values: merge(merge(LAB_VALUES, { global: { istioNamespace: plane.namespace } }), plane.values),
    },
  };
  const text = await run([parts.istioctl, 'manifest', 'generate', '--filename', '-'], {
    // JSON, which is YAML: a YAML 1.1 reader would take an unquoted OFF for a boolean.
    input: JSON.stringify(operator),
    signal,
  });
  return parseManifests(text);
}
