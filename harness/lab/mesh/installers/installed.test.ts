import { expect, it } from 'vitest';
import { versionIn } from './installed.ts';

it.each([
  ['a release', '1.29.1-3b5a1b5-Clean', '1.29.1'],
  ['a build from source', '1.29.1-unknown-unknown', '1.29.1'],
  ['a version with a v', 'v1.26.8-c0ffee-Clean', '1.26.8'],
  ['a development build, which has no version', 'unknown-c0ffee-Modified\n', 'unknown-c0ffee-Modified'],
])('reads istiod’s version of %s', (_, said, version) => {
  expect(versionIn(said)).toBe(version);
});
