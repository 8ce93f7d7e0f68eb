import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { discard } from '../../cluster/ownership/files.ts';
import { run } from '../../common/process.ts';
import { isCached } from '../cache.ts';
import type { Tools } from '../supply.ts';
import { type FetchOptions, keep } from './kept.ts';
import { type Asset, istioctlAsset, k3dAsset, keyOf, kubectlAsset, type Machine, type Upstream } from './releases.ts';
import { together } from './together.ts';

const assetsOf = (upstream: Upstream, machine: Machine): Record<keyof Tools, Asset> => ({
  k3d: k3dAsset(upstream, machine),
  kubectl: kubectlAsset(upstream, machine),
});

export const haveTools = (upstream: Upstream, machine: Machine): boolean =>
  Object.entries(assetsOf(upstream, machine)).every(([name, asset]) => isCached(name, keyOf(asset)));

export const haveIstioctl = (upstream: Upstream, machine: Machine): boolean =>
  isCached('istioctl', keyOf(istioctlAsset(upstream, machine)));

/** Path of the istioctl of the upstream's version of Istio, downloaded unless it is in the cache. */
export const fetchIstioctl = (upstream: Upstream, machine: Machine, options: FetchOptions): Promise<string> =>
  fetchTool('istioctl', istioctlAsset(upstream, machine), options);

/** Paths of the command-line tools, downloaded side by side unless they are in the cache. */
export async function fetchTools(upstream: Upstream, machine: Machine, options: FetchOptions): Promise<Tools> {
  const assets = assetsOf(upstream, machine);
  const fetch = (name: keyof Tools) => (signal: AbortSignal) => fetchTool(name, assets[name], { ...options, signal });
  const [k3d, kubectl] = await together<[string, string]>(options.signal, [fetch('k3d'), fetch('kubectl')]);
  return { k3d, kubectl };
}

async function fetchTool(name: string, asset: Asset, options: FetchOptions): Promise<string> {
  const isArchive = asset.url.endsWith('.tar.gz');
  const file = isArchive ? `${name}.tar.gz` : name;
  const folder = await keep({ name, asset, file }, options, async (path, scratch) => {
    if (isArchive) {
      await run(['tar', '-xzf', path, '-C', scratch, name], { signal: options.signal });
      discard(path);
    }
    await chmod(join(scratch, name), 0o755);
  });
  return join(folder, name);
}
