import { statSync, writeFileSync } from 'node:fs';
import { messageOf, usageFailure } from '../common/errors.ts';
import { placeFile } from '../cluster/ownership/files.ts';

/**
 * Writes what `--out` asks for. A file appears whole or not at all; a device or a pipe is written to, not replaced.
 * @throws Failure (usage) that names the file and says why it cannot be written.
 */
export function writeOut(file: string, text: string): void {
  try {
    const replaceable = statSync(file, { throwIfNoEntry: false })?.isFile() ?? true;
    if (replaceable) placeFile(file, text);
    else writeFileSync(file, text);
  } catch (error) {
    throw usageFailure(`${file} cannot be written: ${messageOf(error)}`, {
      next: 'Choose another with --out.',
      cause: error,
    });
  }
}
