import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { environmentFailure } from '../common/errors.ts';
import { cacheFolder } from '../common/paths.ts';

/** Fails, before anything is fetched, when the cache's file system has not room enough; `needed` in bytes. */
export function assertDiskSpace(needed: number, what: string): void {
  let place = cacheFolder();
  while (!existsSync(place)) place = dirname(place);
  const { bavail, bsize } = statfsSync(place);
  const free = bavail * bsize;
  if (free >= needed) return;
  const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  throw environmentFailure(`Not enough disk for ${what}: ${gib(needed)} needed, ${gib(free)} free at ${place}.`, {
    next: 'Free some, or point XDG_CACHE_HOME at a larger disk.',
  });
}
