// Where the checkout and the user's cache are; shared by the bootstrap and the harness.
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

/**
 * The project's folder in the user's cache (XDG Base Directory Specification: a relative XDG_CACHE_HOME is ignored).
 * @returns {string}
 */
export function cacheFolder() {
  const base = process.env['XDG_CACHE_HOME'];
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), '.cache'), 'meshtrust');
}

/** A failure before the harness runs: what is wrong, then what to do. Exit code 3, environment. */
export class BootstrapError extends Error {
  /**
   * @param {string} reason
   * @param {string} next
   */
  constructor(reason, next) {
    super(`${reason}\n${next}`);
    this.name = 'BootstrapError';
  }
}
