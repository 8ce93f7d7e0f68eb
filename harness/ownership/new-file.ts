import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';

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
