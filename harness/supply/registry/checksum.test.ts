import { expect, it } from 'vitest';
import { expectedSha256 } from './checksum.ts';
import { sha256 } from './testing/loopback.ts';

const [one, two] = [sha256('one'), sha256('two')];

it.each([
  [
    'k3d: a folder before the name',
    `${two}  _dist/k3d-linux-arm64\n${one}  _dist/k3d-linux-amd64\n`,
    'k3d-linux-amd64',
  ],
  ['Kubernetes: the sum alone', one, 'kubectl'],
  ['the sum alone with a line end', `${one}\n`, 'kubectl'],
  ['Istio: one space', `${one} istioctl-1.29.1-linux-amd64.tar.gz\n`, 'istioctl-1.29.1-linux-amd64.tar.gz'],
  ['binary mode', `${one} *kubectl\r\n`, 'kubectl'],
  ['upper case', `${one.toUpperCase()}  kubectl\n`, 'kubectl'],
])('reads %s', (_, listing, asset) => {
  expect(expectedSha256(listing, asset)).toBe(one);
});

it.each([
  ['another file only', `${one}  k3d-linux-arm64\n`],
  ['a name that merely ends alike', `${one}  not-k3d-linux-amd64\n`],
  ['several sums without names', `${one}\n${two}\n`],
  ['a sum that is too short', `${one.slice(1)}  k3d-linux-amd64\n`],
  ['a page of a portal', '<html><body>Welcome to the hotel</body></html>'],
  ['nothing', ''],
])('has no sum in %s', (_, listing) => {
  expect(expectedSha256(listing, 'k3d-linux-amd64')).toBeUndefined();
});
