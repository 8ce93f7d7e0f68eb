import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { tryLock } from '../bootstrap/lock.mjs';
import { deadline } from '../common/deadlines.ts';
import { pause } from '../common/ending.ts';
import { discard } from '../cluster/ownership/files.ts';
import { cacheFolder } from '../common/paths.ts';
import { scratchFolder } from '../cluster/state/runs.ts';

/** Twelve hexadecimal digits over everything that decides what a part will be. */
export function inputsDigest(...inputs: (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const input of inputs) hash.update(`${Buffer.byteLength(input)}:`).update(input);
  return hash.digest('hex').slice(0, 12);
}

/** The files of a folder, names and contents, in a fixed order. */
export function folderInputs(folder: string): Buffer[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .sort()
    .filter((name) => statSync(join(folder, name)).isFile())
    .flatMap((name) => [Buffer.from(name), readFileSync(join(folder, name))]);
}

/**
 * The folder of a part in the cache, made by `build` if it is not there yet. It appears whole or not at all: an
 * interrupted build leaves nothing under the final name. What another command is building is waited for: two builds at
 * once would only take twice as long.
 */
export async function cached(name: string, digest: string, build: (folder: string) => Promise<void>): Promise<string> {
  const parts = join(cacheFolder(), 'parts');
  const part = `${name}-${digest}`;
  const folder = join(parts, part);
  for (;;) {
    if (existsSync(folder)) return folder;
    const { release } = tryLock(part);
    if (release === undefined) {
      await pause(deadline('poll'));
      continue;
    }
    try {
      if (existsSync(folder)) return folder;
      mkdirSync(parts, { recursive: true });
      const scratch = scratchFolder(name);
      try {
        await build(scratch);
        chmodSync(scratch, 0o755); // a temporary folder is private, and what goes into an image must not be
        // On a cache that machines share the lock of another one says nothing here.
        if (!existsSync(folder)) renameSync(scratch, folder);
        return folder;
      } finally {
        discard(scratch);
      }
    } finally {
      release();
    }
  }
}

/** Is a part there already? For deciding what a run will have to do, without doing it. */
export const isCached = (name: string, digest: string) => existsSync(join(cacheFolder(), 'parts', `${name}-${digest}`));
