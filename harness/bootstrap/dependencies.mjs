// Installs the locked npm dependencies when, and only when, the lock file has changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { LOCK_MARKER, underLock } from './lock.mjs';
import { BootstrapError, ROOT } from './paths.mjs';
import { isPackage } from './install-copy.mjs';

const MARKER = join(ROOT, 'node_modules', '.installed-from-lock');
const sha256 = (data) => createHash('sha256').update(data).digest('hex');

/** @param {string} node path of the pinned Node, under which npm itself runs too */
export function ensureDependencies(node) {
  const digest = sha256(readFileSync(join(ROOT, 'package-lock.json')));
  if (isInstalled(digest)) return;
  // npm ci begins by deleting node_modules: a second one would take it away from beneath the first.
  underLock(`dependencies-${sha256(ROOT).slice(0, 16)}`, 'installs the dependencies', (mark) => {
    if (!isInstalled(digest)) install(node, digest, mark);
  });
}

function isInstalled(digest) {
  try {
    return readFileSync(MARKER, 'utf8') === digest;
  } catch (error) {
    if (error.code === 'ENOENT') return false; // not yet, or npm is just deleting node_modules
    throw error;
  }
}

function install(node, digest, mark) {
  process.stderr.write('meshtrust: installing the locked npm dependencies (npm ci)\n');
  const words = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = spawnSync('npm', isPackage(ROOT) ? [...words, '--omit=dev'] : words, {
    cwd: ROOT,
    stdio: ['ignore', process.stderr, 'inherit'],
    env: {
      ...process.env,
      PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}`,
      [LOCK_MARKER]: mark,
    },
  });
  if (npm.error !== undefined || npm.status !== 0) {
    const how = npm.error?.message ?? (npm.signal === null ? `exit code ${npm.status}` : npm.signal);
    throw new BootstrapError(
      `npm ci failed (${how}).`,
      'Read npm’s message above; most often its registry is out of reach (npm ping) or the disk is full.',
    );
  }
  writeFileSync(MARKER, digest);
}
