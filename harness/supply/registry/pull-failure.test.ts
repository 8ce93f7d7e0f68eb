import { expect, it } from 'vitest';
import { pullFailure } from './pull.ts';

// What engines have been seen to say.
it.each([
  [
    'Error response from daemon: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit',
    'no more for now',
    'docker login',
  ],
  [
    'Error response from daemon: manifest for istio/pilot:9 not found: manifest unknown: manifest unknown',
    'not have it',
  ],
  [
    'Error response from daemon: failed to resolve reference "docker.io/istio/pilot:9": docker.io/istio/pilot:9: not found',
    'not have it',
  ],
  [
    "Error response from daemon: pull access denied for istio/nope, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    'refuses access',
    'docker login',
  ],
  [
    'Error response from daemon: Head "https://ghcr.io/v2/k3d-io/k3d-tools/manifests/5": denied: denied',
    'refuses access',
  ],
  ['no matching manifest for linux/arm64/v8 in the manifest list entries', "this machine's processor"],
  [
    'Error response from daemon: Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host',
    'cannot be reached',
    '--supply source',
  ],
  [
    'Error response from daemon: Get "https://quay.io/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
    'cannot be reached',
  ],
  [
    'Get "https://ghcr.io/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    'does not verify',
  ],
  ['Error response from daemon: received unexpected HTTP status: 503 Service Unavailable', 'in trouble', 'later'],
  ['Error response from daemon: denied', 'refuses access'],
  ['failed to register layer: write /x: no space left on device', 'disk of the container engine is full'],
  [
    'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
    'does not answer',
  ],
])('%s', (output, reason, next = '') => {
  const failure = pullFailure(['docker', 'pull', 'x'], 'x', output);
  expect(failure.kind).toBe('environment');
  expect(failure.reason).toContain(reason);
  expect(failure.message).toContain(next);
  expect(failure.message).toContain(`  | ${output}`);
});

it('hands over what it does not know', () => {
  expect(pullFailure(['docker', 'pull', 'x:1'], 'x:1', 'the moon is full').message).toBe(
    'Image x:1 could not be pulled.\nTry the command by hand.\n  command: docker pull x:1\n  | the moon is full',
  );
});
