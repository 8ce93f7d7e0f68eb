import { beforeAll, describe, expect, it } from 'vitest';
import { type Authority, type AuthorityOptions, createIntermediate, createRoot } from '../issue.ts';
import { trustGraph } from './graph.ts';
import type { ObservedAuthority } from './observation.ts';
import { observe, type TestPlane, testPlane, testProxy, testSecret } from './testing/planes.ts';

let root: Authority;
let plane: TestPlane;
beforeAll(async () => {
  root = await createRoot({ commonName: 'Root' });
  plane = await testPlane('mesh', await createIntermediate(root, { commonName: 'Mesh CA' }));
});

const secretOf = (ca: Authority, parts: Partial<ObservedAuthority> = {}) => testSecret(plane, ca, parts);

async function atRestart(secret: ObservedAuthority): Promise<string[]> {
  const seen = observe([plane], [await testProxy(plane, 'details')]);
  return trustGraph({ ...seen, authorities: [secret] }).atRestart ?? [];
}
const below = (options: Partial<AuthorityOptions>, top = root) =>
  createIntermediate(top, { commonName: 'New CA', ...options });

describe('the CA that istiod reads when it starts', () => {
  it('is nothing to speak of where it is sound and the one in use', async () => {
    expect(await atRestart(secretOf(plane.ca))).toEqual([]);
    expect(await atRestart(secretOf(await below({})))).toEqual([]);
  });

  it.each<[string, () => Promise<ObservedAuthority>, RegExp]>([
    [
      'a file is missing',
      () => Promise.resolve(secretOf(plane.ca, { problem: 'ca-key.pem is missing' })),
      /^The Secret mesh\/cacerts is not whole, mesh\/istiod would not start with it: ca-key\.pem is missing\.$/,
    ],
    [
      'it does not verify under its own root',
      async () => secretOf(plane.ca, { roots: [(await createRoot({ commonName: 'Other' })).certificate] }),
      /does not verify under its own root, mesh\/istiod would not start with it: not trusted: the issuer of "CN=Mesh CA"/,
    ],
    [
      'it is no CA',
      async () => secretOf(await below({ isCa: false })),
      /whose certificates would be refused: "CN=New CA" issued a certificate of the chain but is not a CA/,
    ],
    [
      'it may not sign',
      async () => secretOf(await below({ keyUsages: ['digitalSignature'] })),
      /"CN=New CA" may not sign certificates \(keyUsage without keyCertSign\)/,
    ],
    [
      'its root allows no intermediate',
      async () => secretOf(await below({}, await createRoot({ commonName: 'Narrow', pathLength: 0 }))),
      /"CN=Narrow" allows 0 intermediates below it \(pathLenConstraint\), the chain has 1\.$/,
    ],
    [
      'its root is another',
      async () => secretOf(await below({}, await createRoot({ commonName: 'New Root' }))),
      /^Mesh\/istiod issues under "Root" \(\w{16}\), and its Secret mesh\/cacerts holds "New Root" \(\w{16}\): it takes effect at the next restart of istiod, and then its root changes\.$/,
    ],
  ])('is told where %s', async (_, secret, says) => {
    expect(await atRestart(await secret())).toEqual([expect.stringMatching(says)]);
  });
});
