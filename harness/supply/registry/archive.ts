import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../paths.ts';
import { discard } from '../../ownership/discard.ts';
import { run } from '../../process.ts';
import { digestOf } from '../cache.ts';
import type { EngineImage } from './pull.ts';

/**
 * Images as one archive in the cache, shared layers once; the node will know them by their names. Known by the
 * images' ids, so that a tag that has moved makes another archive.
 */
export async function saveArchive(name: string, images: readonly EngineImage[], signal: AbortSignal): Promise<string> {
  const archives = join(cacheFolder(), 'archives');
  const archive = join(archives, `${name}-${digestOf(JSON.stringify(images.map((one) => [one.name, one.id])))}.tar`);
  if (existsSync(archive)) return archive;
  mkdirSync(archives, { recursive: true });
  // Two runs at once each write their own.
  const scratch = `${archive}.${process.pid}`;
  try {
    const engine = await run(['docker', 'info', '--format', '{{json .DriverStatus}} {{.OSType}}/{{.Architecture}}'], {
      signal,
    });
    const names = images.map((image) => image.name);
    await run(['docker', 'save', ...platformWords(engine), '--output', scratch, ...names], {
      signal,
      next: 'An engine with the containerd image store must be Docker 28 or newer.',
    });
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
export function platformWords(engine: string): string[] {
  if (!engine.includes('io.containerd.snapshotter')) return [];
  const platform = engine.trim().split(' ').at(-1) ?? '';
  return ['--platform', platform.replace('x86_64', 'amd64').replace('aarch64', 'arm64')];
}
