import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deadline } from '../../common/deadlines.ts';
import { Session } from '../../run/session.ts';
import { IMAGE_HUB } from '../hub.ts';
import { docker, imagesLike, writeArchive } from './images.ts';
import { BROKEN_BUILDS, type BrokenBuild, vendorBuild } from './vendor.ts';

/** As a supply has them, but for what is in the images. */
const HUB = 'vendor-test';
const TAG = '1';

const resources = new AsyncDisposableStack();
let session: Session;
let upstream: Parameters<typeof vendorBuild>[0];
let existing: string[];

const everyDerived = () => Object.values(BROKEN_BUILDS).flatMap(({ recipe }) => imagesLike(`${IMAGE_HUB}/${recipe}:`));

beforeAll(async () => {
  session = resources.use(new Session());
  await session.engine();
  existing = everyDerived();
  const folder = resources.use(mkdtempDisposableSync(join(tmpdir(), 'meshtrust-vendor-')));
  const archives = ['pilot', 'proxyv2'].map((name) => {
    const archive = join(folder.path, `${name}.tar`);
    writeArchive(archive, [`${HUB}/${name}:${TAG}`], name);
    return archive;
  });
  upstream = { hub: HUB, tag: TAG, archives };
}, deadline('claimGroup'));
afterAll(async () => {
  // Derived from our own images only: others may be using what was there before.
  const derived = everyDerived().filter((line) => !existing.includes(line));
  const ours = [...derived, ...imagesLike(`${HUB}/`)].map((line) => line.replace(/@.*/, ''));
  if (ours.length > 0) docker('image', 'rm', ...ours);
  await resources.disposeAsync();
}, deadline('claimGroup'));

/** What the engine says of a build's images, by name. */
async function build(broken: BrokenBuild | undefined) {
  const { archive, tag } = await vendorBuild(upstream, '3.2.0', broken, session.signal);
  expect(tag).toBe('3.2.0');
  expect(imagesLike('vendor/')).toEqual([]);
  docker('load', '--input', archive);
  const inspect = (name: string) => {
    const [image] = JSON.parse(docker('image', 'inspect', name)) as [Inspected];
    docker('image', 'rm', name);
    return { ...image.Config, layers: image.RootFS.Layers.length };
  };
  return { pilot: inspect('vendor/pilot:3.2.0'), proxyv2: inspect('vendor/proxyv2:3.2.0') };
}

interface Inspected {
  Config: { Env: string[] | null; Entrypoint: string[] | null };
  RootFS: { Layers: string[] };
}

it("has upstream's images under the vendor's names", async () => {
  expect(await build(undefined)).toMatchObject({ pilot: { layers: 1 }, proxyv2: { layers: 1 } });
});

it('has an istiod that starts by way of the fall-back', async () => {
  expect(await build(BROKEN_BUILDS.pilotFallsBack)).toMatchObject({
    pilot: { Entrypoint: ['/usr/local/bin/pilot-falls-back'], layers: 2 },
    proxyv2: { layers: 1 },
  });
});

it('has a proxy with a root of its own', async () => {
  const { pilot, proxyv2 } = await build(BROKEN_BUILDS.proxyOwnRoot);
  expect(pilot.layers).toBe(1);
  expect(proxyv2.layers).toBe(2);
  expect(proxyv2.Env).toContain('XDS_ROOT_CA=/var/run/secrets/istio/root-cert.pem');
});
