import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempDisposableSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { thisProcess } from '../cluster/state/owner.ts';
import { LOCK_MARKER, tryLock, underLock } from './lock.mjs';

let cache: ReturnType<typeof mkdtempDisposableSync>;
beforeEach(() => {
  cache = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-lock-'));
  vi.stubEnv('XDG_CACHE_HOME', cache.path);
});
afterEach(() => {
  vi.unstubAllEnvs();
  cache.remove();
});

const locks = () => join(cache.path, 'meshtrust', 'locks');

/** As a holder leaves it that was killed. */
function left(mark: string): void {
  mkdirSync(join(locks(), 'work'), { recursive: true });
  writeFileSync(join(locks(), 'work', mark), '');
}

describe('tryLock', () => {
  it('has one holder, named by pid and start time, and is free again once let go', () => {
    const first = tryLock('work');
    const { pid, started } = thisProcess();
    expect(first.mark).toMatch(new RegExp(`^${pid}-${started}-[0-9a-f]{8}$`));
    expect(readdirSync(join(locks(), 'work'))).toEqual([first.mark]);
    expect(tryLock('work')).toMatchObject({ heldBy: pid });
    expect(tryLock('other').release).toBeDefined();
    first.release?.();
    expect(tryLock('work').release).toBeDefined();
  });

  it.each([
    ['a process that is gone', '4194304-1-00000000'],
    ['a process whose pid another one has got', `${process.pid}-1-00000000`],
    ['nobody who could be read', 'something else'],
  ])('takes over from %s', (_, mark) => {
    left(mark);
    const lock = tryLock('work');
    expect(lock.release).toBeDefined();
    expect(readdirSync(join(locks(), 'work'))).toEqual([lock.mark]);
  });

  it('takes over between two holders, from a folder that is empty', () => {
    mkdirSync(join(locks(), 'work'), { recursive: true });
    expect(tryLock('work').release).toBeDefined();
  });

  it('is still held by what a dead holder has started', async () => {
    const mark = '4194304-1-0000000a';
    left(mark);
    const child = spawn('sleep', ['60'], { env: { ...process.env, [LOCK_MARKER]: mark }, stdio: 'ignore' });
    await once(child, 'spawn');
    expect(tryLock('work')).toMatchObject({ heldBy: child.pid });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(tryLock('work').release).toBeDefined();
  });

  it('does not take the lock of its next holder along when it lets go late', () => {
    const first = tryLock('work');
    first.release?.();
    const second = tryLock('work');
    first.release?.();
    expect(readdirSync(join(locks(), 'work'))).toEqual([second.mark]);
  });

  it('says what to do where the cache cannot be written', () => {
    writeFileSync(join(cache.path, 'file'), '');
    vi.stubEnv('XDG_CACHE_HOME', join(cache.path, 'file'));
    expect(() => tryLock('work')).toThrow(/cannot be taken: ENOTDIR.*\nMake that folder writable, or set XDG_CACHE/);
  });
});

it('lets go of the lock whatever the work ends with', () => {
  expect(underLock('work', 'works', () => 1)).toBe(1);
  expect(() =>
    underLock('work', 'works', () => {
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(readdirSync(locks())).toEqual([]);
});
