// An installed package lies below node_modules, where Node strips no types: it runs from a copy in the user's cache.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, sep } from 'node:path';
import { cacheFolder } from './paths.mjs';
import { moveUnlessThere } from './place.mjs';

/** npm packs no file of the lock's own name (package.json, prepack). */
const PACKED_LOCK = 'packed-lock.json';

/** Whether this came out of a package: it then has nothing that only developers need. */
export const isPackage = (root) => existsSync(join(root, PACKED_LOCK));

/**
 * Where the package at `root` runs from: there, or in a copy that is made once.
 * @param {string} root
 * @returns {string}
 */
export function installCopy(root) {
  if (!root.split(sep).includes('node_modules')) return root;
  const packages = join(cacheFolder(), 'packages');
  const home = join(packages, digestOf(root));
  if (existsSync(home)) return home;
  mkdirSync(packages, { recursive: true });
  const scratch = mkdtempSync(join(packages, '.copy-'));
  try {
    cpSync(root, scratch, { recursive: true, filter: (path) => !isDependency(root, path) });
    cpSync(join(root, PACKED_LOCK), join(scratch, 'package-lock.json'));
    // Two at once both end with a whole folder: the later one yields.
    moveUnlessThere(scratch, home);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return home;
}

/** Sixteen hexadecimal digits over the names and contents of all files. */
function digestOf(root) {
  const hash = createHash('sha256');
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((path) => !isDependency(root, path));
  for (const path of files.sort())
    hash
      .update(`${path.slice(root.length)}\0`)
      .update(readFileSync(path))
      .update('\0');
  return hash.digest('hex').slice(0, 16);
}

const isDependency = (root, path) => path.slice(root.length).split(sep)[1] === 'node_modules';
