import type { V1Pod } from '@kubernetes/client-node';
import { type Failure, labFailure } from '../../common/errors.ts';

/** Reasons of a waiting container that are about its image (kubelet, pkg/kubelet/images/types.go). */
const REASONS = ['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName'];

/** What a kubelet says of a pull that time does not mend → why, and what to do; the first that matches counts. */
const HOPELESS = [
  {
    says: /unauthorized|authentication required|no basic auth credentials|\bdenied\b|forbidden|insufficient_scope/i,
    reason: 'the registry refuses access',
    next: 'Name credentials that may pull it: planes.X.pullSecret for the images of a plane, registry.config for all others.',
  },
  {
    says: /not found|(manifest|name) unknown|no match for platform/i,
    reason: 'the registry does not have it',
    next: 'See that it was pushed under this name and tag, and for the architecture of the nodes.',
  },
  {
    says: /InvalidImageName/,
    reason: 'that is no name of an image',
    next: 'Correct hub and tag.',
  },
];

/**
 * The failure of pods whose images will never come, with the kubelet's own words as evidence; undefined where there
 * are none. A registry that does not answer, or asks for patience, may still do better: that is none.
 */
export function podPullFailure(pods: readonly V1Pod[]): Failure | undefined {
  const failed = pods.flatMap(failedPulls);
  for (const { image, said } of failed) {
    const cause = HOPELESS.find(({ says }) => says.test(said));
    if (cause === undefined) continue;
    return labFailure(`Image ${image} cannot be pulled: ${cause.reason}.`, {
      next: cause.next,
      evidence: failed.map(({ where, said }) => `${where}: ${said}`).join('\n'),
    });
  }
  return undefined;
}

/** The containers of a pod that wait for their image in vain. */
function failedPulls({ metadata, status }: V1Pod): { where: string; image: string; said: string }[] {
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return containers.flatMap(({ name, image, state }) => {
    const { reason = '', message = '' } = state?.waiting ?? {};
    if (!REASONS.includes(reason)) return [];
    const where = `${metadata?.namespace ?? ''}/${metadata?.name ?? ''} ${name}`;
    return [{ where, image, said: `${reason}: ${message}` }];
  });
}
