// Installs the locked npm dependencies when, and only when, the lock file has changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { BootstrapError, ROOT } from './paths.mjs';
import { isPackage } from './settle.mjs';

/** @param {string} node path of the pinned Node, under which npm itself runs too */
export function ensureDependencies(node) {
  const lock = join(ROOT, 'package-lock.json');
  const digest = createHash('sha256').update(readFileSync(lock)).digest('hex');
  const marker = join(ROOT, 'node_modules', '.installed-from-lock');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === digest) return;

  process.stderr.write('meshtrust: installing the locked npm dependencies (npm ci)\n');
  const words = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = spawnSync('npm', isPackage(ROOT) ? [...words, '--omit=dev'] : words, {
    cwd: ROOT,
    stdio: ['ignore', process.stderr, 'inherit'],
    env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}` },
  });
  if (npm.error !== undefined || npm.status !== 0) {
    const how = npm.error?.message ?? (npm.signal === null ? `exit code ${npm.status}` : npm.signal);
    throw new BootstrapError(
      `npm ci failed (${how}).`,
      'Read npm’s message above; most often its registry is out of reach (npm ping) or the disk is full.',
    );
  }
  writeFileSync(marker, digest);
}
