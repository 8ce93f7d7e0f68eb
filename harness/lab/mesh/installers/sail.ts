import type { KubernetesObject } from '@kubernetes/client-node';
import type { IstioParts } from './installer.ts';
import { merge, type Plane } from '../distribution.ts';
import { planeValues } from './values.ts';

/** API of the Sail operator, which OpenShift Service Mesh 3 is made of. */
export const SAIL_API = 'sailoperator.io/v1';

interface SailResource extends KubernetesObject {
  spec: object;
}

/**
 * The resource that has the Sail operator install a plane. Its name is the revision, and `default` for the plane
 * without one: that gives the deployment `istiod`, another name `istiod-NAME`. Both values the operator sets itself.
 */
export function sailResources(plane: Plane, { version, hub, tag }: IstioParts): SailResource[] {
  // Without these the operator takes the images that it knows for the version.
  const images = { ...(hub === '' ? {} : { hub }), ...(tag === '' ? {} : { tag }) };
  return [
    {
      apiVersion: SAIL_API,
      kind: 'Istio',
      metadata: { name: plane.revision === '' ? 'default' : plane.revision },
      spec: {
        version: `v${version}`,
        namespace: plane.namespace,
        updateStrategy: { type: 'InPlace' },
        values: merge(planeValues(plane), { global: images }),
      },
    },
  ];
}

/** The CNI plug-in that a mesh on OpenShift needs, since its pods may not redirect traffic themselves; there is one. */
export const sailCni = ({ version }: IstioParts): (KubernetesObject | SailResource)[] => [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-cni' } },
  {
    apiVersion: SAIL_API,
    kind: 'IstioCNI',
    metadata: { name: 'default' },
    spec: { version: `v${version}`, namespace: 'istio-cni', profile: 'openshift' },
  },
];
