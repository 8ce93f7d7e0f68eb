import type { KubernetesObject } from '@kubernetes/client-node';
import type { IstioParts } from '../supply/supply.ts';
import type { Plane } from './distribution.ts';
import { renderWithHelm } from './installers/helm.ts';
import { renderWithIstioctl } from './installers/istioctl.ts';
import { sailResources } from './installers/sail.ts';

/**
 * What is applied for a plane to be installed by its installer: Istio's objects, the resource that has an operator make
 * them, or nothing. Only the mesh plane brings the cluster's CRDs: two planes rendered this way share no object.
 */
export async function renderPlane(plane: Plane, parts: IstioParts, signal?: AbortSignal): Promise<KubernetesObject[]> {
  const { installer } = parts;
  switch (installer.kind) {
    case 'istioctl':
      return await renderWithIstioctl(plane, parts, installer.istioctl, signal);
    case 'helm':
      return await renderWithHelm(plane, parts, installer, signal);
    case 'sail':
      return sailResources(plane, parts);
    case 'preinstalled':
      return [];
  }
}
