import { randomUUID } from 'node:crypto';
import { existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { messageOf, usageFailure } from '../errors.ts';

/**
 * Writes what `--out` asks for. A file appears whole or not at all; a device or a pipe is written to, not replaced.
 * @throws Failure (usage) that names the file and says why it cannot be written.
 */
export function writeOut(file: string, text: string): void {
  const unfinished = `${file}.${randomUUID()}.tmp`;
  try {
    const replaceable = statSync(file, { throwIfNoEntry: false })?.isFile() ?? true;
    writeFileSync(replaceable ? unfinished : file, text);
    if (replaceable) renameSync(unfinished, file);
  } catch (error) {
    if (existsSync(unfinished)) rmSync(unfinished);
    throw usageFailure(`${file} cannot be written: ${messageOf(error)}`, {
      next: 'Choose another with --out.',
      cause: error,
    });
  }
}
