// A lock between commands of one user that survives kill -9: it belongs to a process, and ends with it.
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BootstrapError, cacheFolder } from './paths.mjs';
import { moveUnlessThere } from './place.mjs';

/** In the environment of what the holder starts: a child that outlives its killed holder still holds the lock. */
export const LOCK_MARKER = 'MESHTRUST_LOCK';

/** Milliseconds between two looks at a lock that somebody holds; bootstrap/ imports no table of deadlines. */
const POLL = 250;

/**
 * Runs `work` while no other command runs what it has put under the same name; waits for one that does, and says so.
 * @template T
 * @param {string} name
 * @param {string} whatTheyDo as in «another command that …»
 * @param {(mark: string) => T} work is given what its children are to carry as {@link LOCK_MARKER}
 * @returns {T}
 */
export function underLock(name, whatTheyDo, work) {
  for (let tries = 1; ; tries++) {
    const { mark, release, heldBy } = tryLock(name);
    if (release !== undefined) {
      try {
        return work(mark);
      } finally {
        release();
      }
    }
    if (tries === 1) {
      process.stderr.write(`meshtrust: waiting for another command that ${whatTheyDo} (process ${heldBy})\n`);
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL);
  }
}

/**
 * Takes a lock if nobody holds it any more, otherwise says which process does. A lock is a folder, and in it one file
 * that is named after its holder: renaming a folder onto another succeeds only while that one is empty, and removing
 * the file of a dead holder cannot hit the one of a holder that has come since.
 * @param {string} name
 * @returns {{ mark: string, release: () => void, heldBy?: undefined } | { mark: string, release?: undefined, heldBy: number }}
 * @throws {BootstrapError} where the cache cannot be written
 */
export function tryLock(name) {
  const folder = join(cacheFolder(), 'locks');
  const lock = join(folder, name);
  const mark = `${process.pid}-${startTime(process.pid) ?? ''}-${randomBytes(4).toString('hex')}`;
  try {
    for (;;) {
      const holder = holderOf(lock);
      if (holder !== undefined) {
        const heldBy = livingProcessOf(holder);
        if (heldBy !== undefined) return { mark, heldBy };
        rmSync(join(lock, holder), { force: true });
      }
      if (take(lock, mark, folder)) return { mark, release: () => letGo(lock, mark) };
    }
  } catch (error) {
    throw new BootstrapError(
      `The lock ${lock} cannot be taken: ${error.message}`,
      'Make that folder writable, or set XDG_CACHE_HOME to one that is.',
    );
  }
}

function take(lock, mark, folder) {
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(join(folder, '.take-'));
  try {
    writeFileSync(join(scratch, mark), '');
    return moveUnlessThere(scratch, lock);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function letGo(lock, mark) {
  rmSync(join(lock, mark), { force: true });
  try {
    rmdirSync(lock);
  } catch {
    // The next one has it already.
  }
}

/** The mark of whoever holds the lock; undefined for one that is free. */
function holderOf(lock) {
  try {
    return readdirSync(lock)[0];
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Of the holder itself or, after a kill -9, of what it has started (Linux only). */
function livingProcessOf(mark) {
  const [pid, started] = mark.split('-');
  return lives(Number(pid), started) ? Number(pid) : carrierOf(mark);
}

function lives(pid, started) {
  const now = startTime(pid);
  if (now !== undefined || process.platform === 'linux') return now !== undefined && now === started;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function carrierOf(mark) {
  if (process.platform !== 'linux') return undefined;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => environmentOf(pid).includes(`${LOCK_MARKER}=${mark}\0`));
}

function environmentOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return ''; // gone meanwhile, or somebody else's
  }
}

/**
 * When a running process began, in clock ticks since boot: field 22 of /proc/PID/stat (proc_pid_stat(5)), which with the
 * pid survives the reuse of pids. Undefined for one that is gone or only waits to be reaped, and where there is no /proc.
 * @param {number} pid
 * @returns {string | undefined}
 */
export function startTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name may hold spaces and parentheses: count fields behind the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
