import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../cache.ts';
import { download, type DownloadOptions } from './download.ts';
import { type Asset, keyOf } from './releases.ts';

export interface FetchOptions extends DownloadOptions {
  /** Told, each time, that a file is used which is pinned to nothing: its sentence. */
  onUnpinned?: (sentence: string) => void;
}

/** Beside a file without a pin: the SHA-256 it came with. */
const SUM = '.sha256';

/**
 * The folder in the cache for a release's file, which is downloaded as `file` unless it is there; `finish` then makes of
 * it what is to be kept, or refuses it.
 */
export async function keep(
  { name, asset, file }: { name: string; asset: Asset; file: string },
  options: FetchOptions,
  finish: (path: string, folder: string) => void | Promise<void>,
): Promise<string> {
  const folder = await cached(name, keyOf(asset), async (scratch) => {
    const path = join(scratch, file);
    const sum = await download(asset, path, options);
    await finish(path, scratch);
    if (asset.sha256 === undefined) await writeFile(join(scratch, SUM), sum);
  });
  if (asset.sha256 === undefined) {
    options.onUnpinned?.(`not pinned: ${asset.url} (sha256 received: ${readFileSync(join(folder, SUM), 'utf8')})`);
  }
  return folder;
}
