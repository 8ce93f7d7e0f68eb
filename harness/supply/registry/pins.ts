import { text } from 'node:stream/consumers';
import { messageOf } from '../../common/errors.ts';
import { VERSIONS } from '../versions.ts';
import { receive } from './download.ts';
import { digestInRegistry } from './image-digest.ts';
import type { Lock } from './lock.ts';
import { deploymentImages } from './manifests.ts';
import {
  type Asset,
  bookinfoImages,
  certManagerAsset,
  gatewayApiAsset,
  istioctlAsset,
  k3dAsset,
  k3dToolsImage,
  k3sImagesAsset,
  k3sSystemImages,
  kubectlAsset,
  MACHINES,
  nodeImage,
  officialNodeImage,
  planeImages,
  type Upstream,
} from './releases.ts';

/** What everything is now, as far as it could be asked. */
export interface Survey {
  found: Lock;
  /** Name or URL of what did not answer → why, one sentence. */
  silent: ReadonlyMap<string, string>;
  /** Did the lists come that name images? If not, what they name is not known to have gone. */
  isWhole: boolean;
}

const VERSIONS_OF_ISTIO = [VERSIONS.istio, VERSIONS.upgradeFrom];

/** Every file that the supply asks for unless told to take other versions, for all machines. */
export function assetsToPin(upstream: Upstream): Asset[] {
  return [
    ...MACHINES.flatMap((machine) => [
      k3dAsset(upstream, machine),
      kubectlAsset(upstream, machine),
      ...VERSIONS_OF_ISTIO.map((istio) => istioctlAsset({ ...upstream, istio }, machine)),
    ]),
    ...[gatewayApiAsset(upstream), certManagerAsset(upstream), k3sImagesAsset(upstream)],
  ];
}

/** Every image likewise, but for those that only files of releases name. */
export function imagesToPin(upstream: Upstream): string[] {
  return [
    ...[nodeImage(upstream), k3dToolsImage(upstream), officialNodeImage(upstream)],
    ...VERSIONS_OF_ISTIO.flatMap((istio) => Object.values(planeImages({ ...upstream, istio }))),
    ...Object.values(bookinfoImages(upstream)),
  ];
}

/** The files of releases that name images, by URL, and how they are read. */
const listsOf = (upstream: Upstream): ReadonlyMap<string, (text: string, url: string) => string[]> =>
  new Map([
    [k3sImagesAsset(upstream).url, k3sSystemImages],
    [certManagerAsset(upstream).url, deploymentImages],
  ]);

/** Asks for everything there is to pin: each file whole, compared with what its project publishes, each image's digest. */
export async function survey(
  upstream: Upstream,
  { signal, say }: { signal: AbortSignal; say: (text: string) => void },
): Promise<Survey> {
  // What it is pinned to is not the question.
  const bare: Upstream = { ...upstream, sums: {}, digests: {} };
  const silent = new Map<string, string>();
  const askAll = async (names: readonly string[], ask: (name: string) => Promise<string>) => {
    const pins: Record<string, string> = {};
    for (const [index, name] of names.entries()) {
      say(`${index + 1} of ${names.length} (${name})`);
      try {
        pins[name] = await ask(name);
      } catch (error) {
        signal.throwIfAborted();
        silent.set(name, messageOf(error).split('\n')[0] ?? '');
      }
    }
    return pins;
  };

  const assets = new Map(assetsToPin(bare).map((asset) => [asset.url, asset]));
  const lists = listsOf(bare);
  const named: string[] = [];
  const sums = await askAll([...assets.keys()], async (url) => {
    const read = lists.get(url);
    const { sha256, content } = await receive(assets.get(url) ?? { url }, { signal }, read ? text : ignore);
    if (read !== undefined) named.push(...read(content, url));
    return sha256;
  });
  const isWhole = ![...lists.keys()].some((url) => silent.has(url));
  const images = await askAll([...imagesToPin(bare), ...named], (image) => digestInRegistry(image, signal));
  return { found: { assets: sums, images }, silent, isWhole };
}

async function ignore(body: AsyncIterable<Buffer>): Promise<string> {
  for await (const _ of body) continue;
  return '';
}

/** One pin, before and after; undefined where there was none, or is none any more. */
export interface ChangedPin {
  name: string;
  pinned: string | undefined;
  now: string | undefined;
}

/** The lock that a survey leads to, and how it differs. What did not answer stays what it was pinned to. */
export function renewed(old: Lock, { found, silent, isWhole }: Survey): { lock: Lock; differences: ChangedPin[] } {
  const merge = (before: Lock['assets'], after: Lock['assets'], mayHaveGone: boolean) => {
    const kept = Object.entries(before).filter(([name]) => !mayHaveGone || silent.has(name));
    return { ...Object.fromEntries(kept), ...after };
  };
  const lock = {
    assets: merge(old.assets, found.assets, true),
    images: merge(old.images, found.images, isWhole),
  };
  const differences = (['assets', 'images'] as const).flatMap((part) => {
    const names = new Set([...Object.keys(old[part]), ...Object.keys(lock[part])]);
    return [...names].toSorted().flatMap((name) => {
      const [pinned, now] = [old[part][name], lock[part][name]];
      return pinned === now ? [] : [{ name, pinned, now }];
    });
  });
  return { lock, differences };
}

/** A difference in words. */
export function describeChanges({ name, pinned, now }: ChangedPin): string {
  if (pinned === undefined) return `not pinned so far: ${name}\n  now    ${now ?? ''}`;
  if (now === undefined) return `not asked for any more: ${name}`;
  return `changed: ${name}\n  pinned ${pinned}\n  now    ${now}`;
}
