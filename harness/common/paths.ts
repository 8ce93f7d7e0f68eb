import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, ROOT } from '../bootstrap/paths.mjs';

export { cacheFolder, ROOT };

/** Files that ship with the project, by path below `fixtures/`. */
export const fixture = (...parts: string[]) => join(ROOT, 'fixtures', ...parts);

export function packageVersion(): string {
  const text = readFileSync(join(ROOT, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
