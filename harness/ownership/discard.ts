import { rmSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { cacheFolder } from '../paths.ts';

/**
 * Deletes a file or folder of the project's own below the user's cache, links not followed; what is not there is no
 * error. Throws a RangeError for a path anywhere else: nothing there is ours.
 */
export function discard(path: string): void {
  const home = cacheFolder() + sep;
  if (!resolve(path).startsWith(home)) throw new RangeError(`${path} is not below ${home}`);
  // A process that was just ended may still be writing its last file.
  rmSync(path, { recursive: true, force: true, maxRetries: 10 });
}
