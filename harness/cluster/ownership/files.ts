import { randomUUID } from 'node:crypto';
import { lstatSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { cacheFolder } from '../../common/paths.ts';

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

/**
 * Makes a file that is not there yet (open(2), O_EXCL) and has it filled; one that cannot be completed goes again. Fails
 * with EEXIST, and touches nothing, where there is something of that name.
 */
export async function newFile<T>(path: string, fill: (path: string) => Promise<T>): Promise<T> {
  writeFileSync(path, '', { flag: 'wx' });
  try {
    return await fill(path);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

/** Puts a file in its place, whole or not at all; `mode` is that of a new one. */
export function placeFile(path: string, text: string, mode = 0o666): void {
  const unfinished = `${path}.${randomUUID()}.tmp`;
  writeFileSync(unfinished, '', { flag: 'wx', mode });
  try {
    writeFileSync(unfinished, text);
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

/** Removes the socket that a killed daemon has left; what is not a socket stays. That it is dead is for the caller to know. */
export function removeSocket(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true) rmSync(path);
}
