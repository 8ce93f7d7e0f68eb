import { mkdtempDisposableSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LOCK_FILE, parseLock, readLock, writeLock } from './lock.ts';
import { assetsToPin } from './pins.ts';
import { UPSTREAM } from './releases.ts';
import { sha256 } from './testing/loopback.ts';

const [one, two] = [sha256('one'), sha256('two')];

it('comes back as it was written, sorted, whatever the order', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const write = (name: string, assets: Record<string, string>) => {
    const file = join(folder.path, name);
    writeLock(file, { assets, images: { 'docker.io/a/b:1': `sha256:${one}` } });
    return file;
  };
  const file = write('lock.json', { 'https://b.example/x': one, 'https://a.example/x': two });
  expect(Object.keys(readLock(file).assets)).toEqual(['https://a.example/x', 'https://b.example/x']);
  expect(readLock(file).images).toEqual({ 'docker.io/a/b:1': `sha256:${one}` });
  const other = write('other.json', { 'https://a.example/x': two, 'https://b.example/x': one });
  expect(readFileSync(file, 'utf8')).toBe(readFileSync(other, 'utf8'));
  expect(readFileSync(file, 'utf8')).toMatch(/^{\n {2}"comment": ".*npm run pins/);
});

it.each([
  ['a short sum', { assets: { 'https://a.example/x': one.slice(1) } }],
  ['an upper-case sum, which equals none', { assets: { 'https://a.example/x': one.toUpperCase() } }],
  ['a file with an algorithm', { assets: { 'https://a.example/x': `sha256:${one}` } }],
  ['an image without one', { images: { 'docker.io/a/b:1': one } }],
  ['nothing', { images: { 'docker.io/a/b:1': null } }],
])('takes no pin that is %s', (_, lock) => {
  expect(() => parseLock(JSON.stringify(lock), 'lock.json')).toThrow(
    /^lock\.json: .* is pinned to .*, which is no SHA/,
  );
});

it('as committed pins nothing that the supply does not ask for', () => {
  const { assets, images } = readLock(LOCK_FILE);
  const asked = assetsToPin(UPSTREAM);
  expect(Object.keys(assets).filter((url) => !asked.some((asset) => asset.url === url))).toEqual([]);
  expect(asked.filter(({ sha256: pin }) => pin !== undefined)).toHaveLength(Object.keys(assets).length);
  // With its registry, as the supply calls it: an unqualified name would never be looked up.
  for (const name of Object.keys(images)) expect(name).toMatch(/^[a-z0-9-]+(\.[a-z0-9-]+)+\/.+:[^/:]+$/);
});
