import type { V1Pod } from '@kubernetes/client-node';
import { expect, it } from 'vitest';
import { podPullFailure } from './image-pull.ts';

const IMAGE = 'registry.vendor.test/mesh/pilot:3.2.0';
const REFERENCE = `failed to pull and unpack image "${IMAGE}": failed to resolve reference "${IMAGE}"`;

const podWith = (
  waiting: object,
  kind: 'containerStatuses' | 'initContainerStatuses' = 'containerStatuses',
): V1Pod => ({
  metadata: { namespace: 'istio-system', name: 'istiod-1' },
  status: {
    [kind]: [{ name: 'discovery', image: IMAGE, imageID: '', ready: false, restartCount: 0, state: { waiting } }],
  },
});

it.each([
  ['the registry refuses access', 'pull access denied, repository may require authorization: authorization failed'],
  ['the registry refuses access', 'unexpected status from HEAD request to http://10.0.0.1/v2/: 401 Unauthorized'],
  ['the registry refuses access', 'unexpected status from HEAD request to http://10.0.0.1/v2/: 403 Forbidden'],
  ['the registry does not have it', `${IMAGE}: not found`],
  ['the registry does not have it', 'no match for platform in manifest: not found'],
])('says that %s, in the words of the kubelet: %s', (reason, said) => {
  const message = `${REFERENCE}: ${said}`;
  for (const waiting of [
    { reason: 'ErrImagePull', message },
    { reason: 'ImagePullBackOff', message: `Back-off pulling image "${IMAGE}": ErrImagePull: ${message}` },
  ]) {
    const failure = podPullFailure([podWith(waiting)]);
    expect(failure).toMatchObject({ kind: 'lab', reason: `Image ${IMAGE} cannot be pulled: ${reason}.` });
    expect(failure?.message).toContain(`| istio-system/istiod-1 discovery: ${waiting.reason}: ${waiting.message}`);
  }
});

it('sees init containers too, and names that are none', () => {
  const waiting = {
    reason: 'InvalidImageName',
    message: `couldn't parse image name "${IMAGE}": invalid reference format`,
  };
  expect(podPullFailure([podWith(waiting, 'initContainerStatuses')])?.reason).toContain('that is no name of an image');
});

it.each([
  ['does not answer', 'dial tcp 10.0.0.1:5000: connect: connection refused'],
  ['is not known by name yet', 'dial tcp: lookup registry.vendor.test on 10.0.0.2:53: no such host'],
  ['is in trouble itself', 'unexpected status from HEAD request: 503 Service Unavailable'],
  [
    'asks for patience',
    '429 Too Many Requests - toomanyrequests: You have reached your unauthenticated pull rate limit',
  ],
])('leaves it to time where the registry %s', (_, said) => {
  expect(podPullFailure([podWith({ reason: 'ErrImagePull', message: `${REFERENCE}: ${said}` })])).toBeUndefined();
});

it.each([
  ['is starting', { reason: 'ContainerCreating' }],
  ['has crashed', { reason: 'CrashLoopBackOff', message: 'back-off restarting: file not found' }],
])('has nothing to say of a container that %s', (_, waiting) => {
  expect(podPullFailure([podWith(waiting), {}])).toBeUndefined();
});
