import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../process.ts';
import { cached, digestOf, isCached } from '../cache.ts';
import type { Tools } from '../supply.ts';
import { download, type DownloadOptions } from './download.ts';
import { type Asset, istioctlAsset, k3dAsset, kubectlAsset, type Machine, type Upstream } from './releases.ts';
import { together } from './together.ts';

const assetsOf = (upstream: Upstream, machine: Machine): Record<keyof Tools, Asset> => ({
  k3d: k3dAsset(upstream, machine),
  kubectl: kubectlAsset(upstream, machine),
});

/** A tool's folder in the cache is known by where it came from, version and machine included. */
const keyOf = (asset: Asset) => digestOf(asset.url);

export const haveTools = (upstream: Upstream, machine: Machine): boolean =>
  Object.entries(assetsOf(upstream, machine)).every(([name, asset]) => isCached(name, keyOf(asset)));

export const haveIstioctl = (upstream: Upstream, machine: Machine): boolean =>
  isCached('istioctl', keyOf(istioctlAsset(upstream, machine)));

/** Path of the istioctl of the upstream's version of Istio, downloaded unless it is in the cache. */
export const fetchIstioctl = (upstream: Upstream, machine: Machine, options: DownloadOptions): Promise<string> =>
  fetchTool('istioctl', istioctlAsset(upstream, machine), options);

/** Paths of the command-line tools, downloaded side by side unless they are in the cache. */
export async function fetchTools(upstream: Upstream, machine: Machine, options: DownloadOptions): Promise<Tools> {
  const assets = assetsOf(upstream, machine);
  const fetch = (name: keyof Tools) => (signal: AbortSignal) => fetchTool(name, assets[name], { ...options, signal });
  const [k3d, kubectl] = await together<[string, string]>(options.signal, [fetch('k3d'), fetch('kubectl')]);
  return { k3d, kubectl };
}

async function fetchTool(name: string, asset: Asset, options: DownloadOptions): Promise<string> {
  const folder = await cached(name, keyOf(asset), async (scratch) => {
    const program = join(scratch, name);
    if (asset.url.endsWith('.tar.gz')) {
      const archive = `${program}.tar.gz`;
      await download(asset, archive, options);
      await run(['tar', '-xzf', archive, '-C', scratch, name], { signal: options.signal });
      await rm(archive);
    } else {
      await download(asset, program, options);
    }
    await chmod(program, 0o755);
  });
  return join(folder, name);
}
