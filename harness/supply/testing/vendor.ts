import { join } from 'node:path';
import { run } from '../../common/process.ts';
import { scratchFolder } from '../../cluster/state/runs.ts';
import { engineImages } from '../registry/pull.ts';
import { builtImage } from '../source/images.ts';
import type { SuppliedIstio } from '../supply.ts';

/** A build of Istio that is broken on purpose, as a vendor might break it without noticing. */
export interface BrokenBuild {
  /** Folder of its recipe in fixtures/parts/images, where it says what is wrong. */
  recipe: string;
  /** The image that is not upstream's. */
  image: 'pilot' | 'proxyv2';
  /** The claims that must go red where the gateway plane is made of it. */
  noticedBy: readonly string[];
}

export const BROKEN_BUILDS = {
  /** Falls back to a CA of its own where `cacerts` is incomplete. */
  pilotFallsBack: { recipe: 'pilot-falls-back', image: 'pilot', noticedBy: ['trust.bad-authority.incomplete'] },
  /** Its proxies trust a root that was left in the image, and not their CA's. */
  proxyOwnRoot: {
    recipe: 'proxyv2-own-root',
    image: 'proxyv2',
    noticedBy: [
      'trust.split.leaf-issuers-differ',
      'trust.manual.bookinfo',
      'trust.manual.rootca-equal',
      'trust.manual.peer-principal',
    ],
  },
} as const satisfies Record<string, BrokenBuild>;

/** Images of a vendor, ready to be pushed. */
export interface VendorBuild {
  /** Docker-archive with `vendor/pilot` and `vendor/proxyv2`; it goes with the run. */
  archive: string;
  /** The tag of both. */
  tag: string;
}

/** A vendor's build of Istio: upstream's images under the vendor's names, one of them broken if so wished. */
export async function vendorBuild(
  upstream: Pick<SuppliedIstio, 'hub' | 'tag' | 'archives'>,
  tag: string,
  broken: BrokenBuild | undefined,
  signal: AbortSignal,
): Promise<VendorBuild> {
  const from = { pilot: `${upstream.hub}/pilot:${upstream.tag}`, proxyv2: `${upstream.hub}/proxyv2:${upstream.tag}` };
  await ensureLoaded(Object.values(from), upstream.archives, signal);
  const names = { pilot: `vendor/pilot:${tag}`, proxyv2: `vendor/proxyv2:${tag}` };
  const archive = join(scratchFolder('vendor'), 'images.tar');
  try {
    for (const image of ['pilot', 'proxyv2'] as const) {
      const isBroken = broken?.image === image;
      const source = isBroken ? await derive(broken, from[image], signal) : from[image];
      await run(['docker', 'tag', source, names[image]], { signal });
    }
    await run(['docker', 'save', '--output', archive, ...Object.values(names)], { signal });
  } finally {
    const made = await engineImages(Object.values(names), new AbortController().signal);
    for (const name of made.keys()) await run(['docker', 'image', 'rm', name]);
  }
  return { archive, tag };
}

/** The supply's images are in an archive; the engine has them too, unless somebody has tidied up. */
async function ensureLoaded(names: readonly string[], archives: readonly string[], signal: AbortSignal): Promise<void> {
  const have = await engineImages(names, signal);
  if (names.every((name) => have.has(name))) return;
  for (const archive of archives) await run(['docker', 'load', '--quiet', '--input', archive], { signal });
}

const derive = ({ recipe }: BrokenBuild, base: string, signal: AbortSignal) =>
  builtImage({ name: recipe, base, files: {}, inputs: [] }, signal);
