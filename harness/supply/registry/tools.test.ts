import { execFileSync } from 'node:child_process';
import { mkdtempDisposableSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { k3dAsset, kubectlAsset } from './releases.ts';
import { fetchIstioctl, fetchTools, haveTools } from './tools.ts';
import { cutOff, Loopback, sha256 } from './testing/loopback.ts';
import { serveTools } from './testing/releases.ts';

const MACHINE = { os: 'linux', arch: 'amd64' } as const;
const options = { signal: new AbortController().signal };

beforeEach(() => {
  vi.stubEnv('NO_PROXY', '127.0.0.1');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

it('fetches programs that run, once', async () => {
  using cache = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  vi.stubEnv('XDG_CACHE_HOME', cache.path);
  await using server = await Loopback.start();
  serveTools(server, MACHINE);
  expect(haveTools(server.upstream, MACHINE)).toBe(false);
  const tools = await fetchTools(server.upstream, MACHINE, options);
  const paths: Record<string, string> = { ...tools };
  for (const [name, path] of Object.entries(paths)) expect(execFileSync(path, { encoding: 'utf8' })).toBe(`${name}\n`);
  expect(haveTools(server.upstream, MACHINE)).toBe(true);

  const before = server.requests.length;
  expect(await fetchTools(server.upstream, MACHINE, options)).toEqual(tools);
  expect(server.requests).toHaveLength(before);
});

it('says each time which tools are pinned to nothing, and takes pinned ones anew', async () => {
  using cache = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  vi.stubEnv('XDG_CACHE_HOME', cache.path);
  await using server = await Loopback.start();
  serveTools(server, MACHINE);
  const [k3d, kubectl] = [k3dAsset(server.upstream, MACHINE).url, kubectlAsset(server.upstream, MACHINE).url];
  const sums = Object.fromEntries(
    [k3d, kubectl].map((url) => [url, sha256(server.files.get(new URL(url).pathname) as string)]),
  );
  const fetch = async (pins: Record<string, string>) => {
    const said: string[] = [];
    await fetchTools({ ...server.upstream, sums: pins }, MACHINE, { ...options, onUnpinned: (one) => said.push(one) });
    return said.sort();
  };
  const sentences = [k3d, kubectl].map((url) => `not pinned: ${url} (sha256 received: ${sums[url] ?? ''})`).sort();
  expect(await fetch({})).toEqual(sentences);
  expect(await fetch({})).toEqual(sentences);
  const before = server.requests.length;
  expect(await fetch(sums)).toEqual([]);
  expect(server.requests).toHaveLength(before + 4);
  expect(await fetch(sums)).toEqual([]);
  expect(server.requests).toHaveLength(before + 4);
  await expect(fetch({ ...sums, [k3d]: sha256('as reviewed') })).rejects.toThrow('is not the pinned one');
});

it('keeps nothing of a tool that came only half, and goes on from there', async () => {
  using cache = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  vi.stubEnv('XDG_CACHE_HOME', cache.path);
  await using server = await Loopback.start();
  const paths = serveTools(server, MACHINE);
  const whole = server.files.get(paths.istioctl) ?? '';
  server.files.set(paths.istioctl, cutOff);
  await expect(fetchIstioctl(server.upstream, MACHINE, options)).rejects.toThrow('broke off istioctl-');
  const kept = readdirSync(join(cache.path, 'meshtrust', 'parts'));
  expect(kept.filter((name) => name.startsWith('istioctl') || name.startsWith('.'))).toEqual([]);

  server.files.set(paths.istioctl, whole);
  const istioctl = await fetchIstioctl(server.upstream, MACHINE, options);
  expect(readFileSync(istioctl, 'utf8')).toContain('istioctl');
});

it('says so when a tarball cannot be unpacked', async () => {
  using cache = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  vi.stubEnv('XDG_CACHE_HOME', cache.path);
  await using server = await Loopback.start();
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  writeFileSync(join(folder.path, 'readme'), 'no program\n');
  const tarball = execFileSync('tar', ['-cz', '-C', folder.path, 'readme']);
  serveTools(server, MACHINE, { istioctl: tarball });
  await expect(fetchIstioctl(server.upstream, MACHINE, options)).rejects.toMatchObject({ kind: 'environment' });
});
