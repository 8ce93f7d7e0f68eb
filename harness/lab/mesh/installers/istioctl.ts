import type { KubernetesObject } from '@kubernetes/client-node';
import { parseManifests } from '../../../cluster/kube/manifests.ts';
import { run } from '../../../common/process.ts';
import { apply } from '../../../cluster/ownership/objects.ts';
import type { Plane } from '../distribution.ts';
import { type Istioctl, type InstallerKind, INTO_ANY_CLUSTER, type IstioParts, OF_EVERY_BUILD } from './installer.ts';
import { planeValues } from './values.ts';

/** The istioctl of the supply, or of a vendor. */
export const istioctl: InstallerKind<Istioctl> = {
  ...INTO_ANY_CLUSTER,
  name: 'istioctl',
  uses: ['istioctl', ...OF_EVERY_BUILD],
  namesImages: true,
  needsTools: (own) => own.istioctl === undefined,
  open: (_, own, supplied) => ({ kind: 'istioctl', istioctl: own.istioctl ?? supplied?.istioctl ?? '' }),
  render: (plane, parts, signal) => renderWithIstioctl(plane, parts, parts.installer.istioctl, signal),
  apply: (owner, _, rendered, options) => apply(owner, rendered, options),
};

/** Manifests of a plane as `istioctl manifest generate` renders them; `program` is istioctl's path. */
export async function renderWithIstioctl(
  plane: Plane,
  { hub, tag }: IstioParts,
  program: string,
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
  const text = await run([program, 'manifest', 'generate', '--filename', '-'], {
    // JSON, which is YAML: a YAML 1.1 reader would take an unquoted OFF for a boolean.
    input: JSON.stringify(operator),
    signal,
  });
  return parseManifests(text);
}
