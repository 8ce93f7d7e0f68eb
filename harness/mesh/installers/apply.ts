import type { KubernetesObject } from '@kubernetes/client-node';
import { apply, type ApplyOptions, type Proprietor } from '../../ownership/objects.ts';
import type { Kube } from '../../kube/client.ts';
import type { IstioParts } from '../../supply/supply.ts';
import { applySail, assertSail } from './sail-cluster.ts';

/** Fails where the cluster would not take what was rendered for a plane; changes nothing. */
export async function assertApplicable(
  kube: Kube,
  { installer }: IstioParts,
  rendered: readonly KubernetesObject[],
): Promise<void> {
  if (installer.kind === 'sail') await assertSail(kube, rendered);
}

/** Puts in what was rendered for a plane. Its istiod is then still to be waited for, whoever installs it. */
export async function applyPlane(
  owner: Proprietor,
  parts: IstioParts,
  rendered: readonly KubernetesObject[],
  options: ApplyOptions = {},
): Promise<void> {
  if (parts.installer.kind === 'sail') await applySail(owner, parts, rendered, options);
  else await apply(owner, rendered, options);
}
