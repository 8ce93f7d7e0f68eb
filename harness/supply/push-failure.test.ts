import { expect, it } from 'vitest';
import { pushFailure } from './push.ts';

// What engines have been seen to say.
it.each([
  ['no basic auth credentials', 'refuses access', 'See that the credentials in /etc/vendor.json belong to a user'],
  ['unauthorized: authentication required', 'refuses access'],
  ['denied: requested access to the resource is denied', 'refuses access'],
  [
    'Get "https://10.0.0.1:5000/v2/": http: server gave HTTP response to HTTPS client',
    'speaks plain HTTP',
    'insecure-registries',
  ],
  [
    'Get "https://registry.example.com/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    'does not verify',
    'certs.d',
  ],
  ['name unknown: The repository with name mesh/pilot does not exist in the registry', 'no such repository', 'Create'],
  ['received unexpected HTTP status: 500 Internal Server Error', 'in trouble', 'full disk'],
  ['Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused', 'cannot be reached', 'it runs'],
  ['Get "https://nowhere.example/v2/": dial tcp: lookup nowhere.example: no such host', 'cannot be reached'],
  ['Get "http://127.0.0.1:5000/v2/": EOF', 'cannot be reached'],
  [
    'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
    'does not answer',
  ],
])('%s', (output, reason, next = '') => {
  const failure = pushFailure(['docker', 'push', 'x'], 'x', output, '/etc/vendor.json');
  expect(failure.kind).toBe('environment');
  expect(failure.reason).toContain(reason);
  expect(failure.message).toContain(next);
  expect(failure.message).toContain(`  | ${output}`);
});

it('hands over what it does not know', () => {
  expect(pushFailure(['docker', 'push', 'x:1'], 'x:1', 'the moon is full', undefined).message).toBe(
    'Image x:1 could not be pushed.\nTry the command by hand.\n  command: docker push x:1\n  | the moon is full',
  );
});
