import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../common/paths.ts';
import { discard } from '../../cluster/ownership/files.ts';
import { engineStore, saveImages } from '../../cluster/engine/docker.ts';
import { inputsDigest } from '../cache.ts';
import type { EngineImage } from './pull.ts';

/**
 * Images as one archive in the cache, shared layers once; the node will know them by their names. Known by the
 * images' ids, so that a tag that has moved makes another archive.
 */
export async function saveArchive(name: string, images: readonly EngineImage[], signal: AbortSignal): Promise<string> {
  const archives = join(cacheFolder(), 'archives');
  const archive = join(
    archives,
    `${name}-${inputsDigest(JSON.stringify(images.map((one) => [one.name, one.id])))}.tar`,
  );
  if (existsSync(archive)) return archive;
  mkdirSync(archives, { recursive: true });
  // Two runs at once each write their own.
  const scratch = `${archive}.${process.pid}`;
  try {
    const platform = platformFor(await engineStore(signal));
    const next = 'An engine with the containerd image store must be Docker 28 or newer.';
    const names = images.map((image) => image.name);
    await saveImages(scratch, names, { platform, signal, next });
    renameSync(scratch, archive);
  } finally {
    discard(scratch);
  }
  return archive;
}

/**
 * With the containerd image store (the default since Docker 29) an archive otherwise lists every platform of an image
 * but holds only this one, and k3s, which imports all that is listed, refuses it (kubernetes-sigs/kind#3795). Older
 * engines neither need nor know the option.
 */
export function platformFor(engine: string): string | undefined {
  if (!engine.includes('io.containerd.snapshotter')) return undefined;
  const platform = engine.trim().split(' ').at(-1) ?? '';
  return platform.replace('x86_64', 'amd64').replace('aarch64', 'arm64');
}
