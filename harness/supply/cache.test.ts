import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cached, inputsDigest } from './cache.ts';
import { assertDiskSpace } from './disk.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'meshtrust-cache-'));
  vi.stubEnv('XDG_CACHE_HOME', home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

const write = (folder: string) => {
  writeFileSync(join(folder, 'file'), 'made');
  return Promise.resolve();
};

describe('cached', () => {
  it('builds once and keeps the result under its digest, readable for all', async () => {
    const folder = await cached('part', 'abc', write);
    expect(folder).toBe(join(home, 'meshtrust', 'parts', 'part-abc'));
    expect(statSync(folder).mode & 0o777).toBe(0o755);
    expect(await cached('part', 'abc', () => Promise.reject(new Error('built again')))).toBe(folder);
  });

  it('leaves nothing of a build that fails', async () => {
    const failing = cached('part', 'abc', async (folder) => {
      await write(folder);
      throw new Error('half way');
    });
    await expect(failing).rejects.toThrow('half way');
    expect(readdirSync(join(home, 'meshtrust', 'parts'))).toEqual([]);
  });

  it('waits for the same part that is being built, and builds another one meanwhile', async () => {
    const begun: string[] = [];
    const slow = (name: string) => async (folder: string) => {
      begun.push(name);
      await sleep(300);
      await write(folder);
    };
    const folders = await Promise.all([
      cached('part', 'abc', slow('first')),
      cached('part', 'abc', slow('second')),
      cached('part', 'xyz', slow('other')),
    ]);
    expect(begun).toEqual(['first', 'other']);
    expect(folders.map((folder) => basename(folder))).toEqual(['part-abc', 'part-abc', 'part-xyz']);
    expect(readFileSync(join(folders[1], 'file'), 'utf8')).toBe('made');
  });

  it('builds what the one it waited for could not', async () => {
    const failing = cached('part', 'abc', async () => {
      await sleep(100);
      throw new Error('half way');
    });
    const [first, second] = await Promise.allSettled([failing, cached('part', 'abc', write)]);
    expect([first.status, second.status]).toEqual(['rejected', 'fulfilled']);
  });
});

describe('digestOf', () => {
  it('tells inputs apart however they are cut', () => {
    expect(inputsDigest('ab', 'c')).not.toBe(inputsDigest('a', 'bc'));
    expect(inputsDigest('ab', 'c')).toMatch(/^[0-9a-f]{12}$/);
  });
});

describe('assertDiskSpace', () => {
  it('says how much is needed, how much there is and what to do, before anything is made', () => {
    expect(() => assertDiskSpace(2 ** 60, 'a test')).toThrow(
      /^Not enough disk for a test: 1073741824\.0 GiB needed, [\d.]+ GiB free at .*\nFree some, or point XDG_CACHE_HOME/,
    );
    expect(existsSync(join(home, 'meshtrust'))).toBe(false);
  });
});
