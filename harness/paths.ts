import { join } from 'node:path';
import { cacheFolder, ROOT } from './bootstrap/paths.mjs';

export { cacheFolder, ROOT };

/** Files that ship with the project, by path below `fixtures/`. */
export const fixture = (...parts: string[]) => join(ROOT, 'fixtures', ...parts);
