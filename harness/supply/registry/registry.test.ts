import { mkdtempDisposableSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Progress } from '../../common/progress.ts';
import { VERSIONS } from '../versions.ts';
import { RegistrySupply } from './registry.ts';
import { bookinfoImages, certManagerAsset, gatewayApiAsset, k3sImagesAsset, thisMachine } from './releases.ts';
import { Loopback, sha256 } from './testing/loopback.ts';
import { serveTools } from './testing/releases.ts';

const signal = new AbortController().signal;
const CRD = 'kind: CustomResourceDefinition\n';

beforeEach(() => {
  vi.stubEnv('NO_PROXY', '127.0.0.1');
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** A supply for a cluster that pulls images itself, so that no container engine is asked. */
const supplyOf = (upstream: Loopback['upstream']) =>
  new RegistrySupply(new Progress(), signal, { upstream, cluster: { pullsItself: true } });

/** A server with the files of a lab; returns the URLs of those without a checksum, and what they hold. */
function serveFiles(server: Loopback): Map<string, string> {
  const { upstream, host } = server;
  serveTools(server, thisMachine());
  const files = new Map([
    [gatewayApiAsset(upstream).url, CRD],
    [k3sImagesAsset(upstream).url, `${host}/rancher/mirrored-pause:3.6\n`],
  ]);
  for (const [url, text] of files) server.serve(url, text);
  return files;
}

describe('what is not pinned', () => {
  it('is said, of files with what they are, and of images with who decides', async () => {
    using cache = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
    vi.stubEnv('XDG_CACHE_HOME', cache.path);
    await using server = await Loopback.start();
    const files = serveFiles(server);
    const supply = supplyOf(server.upstream);
    expect(supply.unpinned()).toEqual([]);
    await supply.core();
    const inFiles = [...files].map(([url, text]) => `not pinned: ${url} (sha256 received: ${sha256(text)})`);
    const inImages = Object.values(bookinfoImages(server.upstream)).map(
      (image) => `not pinned: ${image} (the cluster pulls it, by its tag)`,
    );
    expect(supply.unpinned()).toEqual(expect.arrayContaining([...inFiles, ...inImages]));
    // Two tools besides. What only nodes of one's own need is not asked for.
    expect(supply.unpinned()).toHaveLength(2 + 2 + 6);

    const before = supply.unpinned().length;
    await supply.istio(VERSIONS.istio);
    expect(supply.unpinned().slice(before)).toEqual([
      expect.stringMatching(/^not pinned: .*\/istioctl-.*\.tar\.gz \(sha256 received: [0-9a-f]{64}\)$/),
      `not pinned: ${server.host}/istio/pilot:${VERSIONS.istio} (the cluster pulls it, by its tag)`,
      `not pinned: ${server.host}/istio/proxyv2:${VERSIONS.istio} (the cluster pulls it, by its tag)`,
    ]);
  });

  it('are no longer the files that are pinned', async () => {
    using cache = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
    vi.stubEnv('XDG_CACHE_HOME', cache.path);
    await using server = await Loopback.start();
    const files = serveFiles(server);
    const sums = Object.fromEntries([...files].map(([url, text]) => [url, sha256(text)]));
    const supply = supplyOf({ ...server.upstream, sums });
    const parts = await supply.core();
    expect(readFileSync(parts.gatewayApiCrds[0] ?? '', 'utf8')).toBe(CRD);
    expect(supply.unpinned().filter((sentence) => [...files.keys()].some((url) => sentence.includes(url)))).toEqual([]);
  });
});

it.each([
  ["Gateway API's manifests", gatewayApiAsset, 'standard-install.yaml', 'gateway-api'],
  ["k3s's list of images", k3sImagesAsset, 'k3s-images.txt', 'k3s-images'],
  ["cert-manager's manifests", certManagerAsset, 'cert-manager.yaml', 'cert-manager'],
] as const)(
  'refuses %s where they are not the pinned ones, and keeps nothing of them',
  async (_, asset, file, part) => {
    using cache = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
    vi.stubEnv('XDG_CACHE_HOME', cache.path);
    await using server = await Loopback.start();
    serveFiles(server);
    server.serve(certManagerAsset(server.upstream).url, CRD);
    const { url } = asset(server.upstream);
    const supply = supplyOf({ ...server.upstream, sums: { [url]: sha256('as reviewed') } });
    const given = asset === certManagerAsset ? supply.addOn('cert-manager') : supply.core();
    await expect(given).rejects.toMatchObject({
      kind: 'environment',
      reason: `The SHA-256 of ${file} is not the pinned one.`,
      message: expect.stringContaining(`| pinned    ${sha256('as reviewed')}\n  | received  `) as string,
    });
    const kept = readdirSync(join(cache.path, 'meshtrust', 'parts'));
    expect(kept.filter((name) => name.startsWith(part))).toEqual([]);
  },
);
