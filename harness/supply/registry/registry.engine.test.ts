import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempDisposableSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Progress } from '../../common/progress.ts';
import { VERSIONS } from '../versions.ts';
import { RegistrySupply } from './registry.ts';
import { certManagerAsset, gatewayApiAsset, k3sImagesAsset, type Upstream, thisMachine } from './releases.ts';
import { Loopback, serveImage, sha256 } from './testing/loopback.ts';
import { serveTools } from './testing/releases.ts';

// The real engine pulls from a registry on this machine; one in a virtual machine (Docker Desktop) could not.
const docker = (...words: string[]) => execFileSync('docker', words, { encoding: 'utf8' });
const signal = new AbortController().signal;

const IMAGES = {
  'rancher/k3s': VERSIONS.k3s,
  'rancher/mirrored-pause': '3.6',
  'k3d-io/k3d-tools': VERSIONS.k3d,
  'istio/pilot': VERSIONS.istio,
  'istio/proxyv2': VERSIONS.istio,
  ...Object.fromEntries(
    ['productpage-v1', 'details-v1', 'ratings-v1', 'reviews-v1', 'reviews-v2', 'reviews-v3'].map((workload) => [
      `istio/examples-bookinfo-${workload}`,
      VERSIONS.bookinfo,
    ]),
  ),
  'jetstack/cert-manager-controller': 'v1.0.0',
  'jetstack/cert-manager-webhook': 'v1.0.0',
};

/** A server with everything a registry supply asks for; its images leave the engine with it. */
async function remoteServer(): Promise<AsyncDisposable & { server: Loopback; digests: Map<string, string> }> {
  const server = await Loopback.start();
  serveTools(server, thisMachine());
  server.serve(gatewayApiAsset(server.upstream).url, 'kind: CustomResourceDefinition\n');
  const systemImages = [`${server.host}/rancher/mirrored-pause:3.6`, `${server.host}/rancher/klipper-lb:v1`];
  server.serve(k3sImagesAsset(server.upstream).url, systemImages.join('\n'));
  const deployment = (name: string) =>
    JSON.stringify({
      kind: 'Deployment',
      spec: { template: { spec: { containers: [{ image: `${server.host}/jetstack/cert-manager-${name}:v1.0.0` }] } } },
    });
  server.serve(certManagerAsset(server.upstream).url, `${deployment('controller')}\n---\n${deployment('webhook')}\n`);
  const layer = execFileSync('tar', ['-c', '--files-from=/dev/null']);
  const digests = new Map<string, string>();
  for (const [name, tag] of Object.entries(IMAGES)) digests.set(name, serveImage(server, name, tag, layer));
  return {
    server,
    digests,
    async [Symbol.asyncDispose]() {
      const all = docker('image', 'ls', '--digests', '--format', '{{.Repository}} {{.Tag}} {{.Digest}}').split('\n');
      const ours = all.filter((line) => line.startsWith(server.host)).map((line) => line.split(' '));
      const names = ours.flatMap(([name, tag, digest]) => [`${name}:${tag}`, `${name}@${digest}`]);
      spawnSync('docker', ['image', 'rm', ...names.filter((name) => !name.includes('<none>'))]);
      await server[Symbol.asyncDispose]();
    },
  };
}

const manifestOf = (archive: string) =>
  JSON.parse(execFileSync('tar', ['-xOf', archive, 'manifest.json'], { encoding: 'utf8' })) as { RepoTags: string[] }[];

const tagsIn = ({ archives }: { archives: readonly string[] }) =>
  archives.flatMap((archive) => manifestOf(archive).flatMap(({ RepoTags }) => RepoTags)).sort();

beforeEach(() => {
  vi.stubEnv('NO_PROXY', '127.0.0.1');
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('with a container engine', () => {
  it('has all parts of a lab, and asks nobody the second time', async () => {
    using cache = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
    vi.stubEnv('XDG_CACHE_HOME', cache.path);
    await using remote = await remoteServer();
    const { host, upstream, requests } = remote.server;
    const progress = new Progress();
    const supply = new RegistrySupply(progress, signal, { upstream });
    const parts = await supply.core();

    expect(parts).toMatchObject({
      nodeImage: `${host}/rancher/k3s:${VERSIONS.k3s}`,
      probeImage: `${host}/istio/examples-bookinfo-ratings-v1:${VERSIONS.bookinfo}`,
    });
    expect(parts.k3dToolsImage).toBeUndefined();
    expect(readFileSync(parts.gatewayApiCrds[0] ?? '', 'utf8')).toContain('CustomResourceDefinition');
    expect(tagsIn(parts)).toEqual(
      Object.entries(IMAGES)
        .filter(([name]) => name.startsWith('istio/examples-') || name.endsWith('-pause'))
        .map(([name, tag]) => `${host}/${name}:${tag}`)
        .sort(),
    );
    expect(progress.phases.map(({ name }) => name)).toEqual(['Download tools', 'Pull images']);
    const unpinned = supply.unpinned();
    const tools = `not pinned: ${host}/k3d-io/k3d-tools:${VERSIONS.k3d}`;
    expect(unpinned).toContain(`${tools} (digest received: ${remote.digests.get('k3d-io/k3d-tools') ?? ''})`);
    // k3d and kubectl, Gateway API and the list of images; node, helper, Bookinfo and what the node itself runs.
    expect(unpinned).toHaveLength(4 + 9);

    const before = requests.length;
    const again = new Progress();
    const second = new RegistrySupply(again, signal, { upstream });
    expect(await second.core()).toEqual(parts);
    expect(second.unpinned().sort()).toEqual(unpinned.sort());
    expect(requests).toHaveLength(before);
    expect(again.phases).toEqual([]);
  });

  it('has the parts of a version of Istio, and asks nobody the second time', async () => {
    using cache = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
    vi.stubEnv('XDG_CACHE_HOME', cache.path);
    await using remote = await remoteServer();
    const { host, upstream, requests } = remote.server;
    const version = VERSIONS.istio;
    const progress = new Progress();
    const parts = await new RegistrySupply(progress, signal, { upstream }).istio(version);

    expect(parts).toMatchObject({ version, hub: `${host}/istio`, tag: version, overlay: {} });
    expect(execFileSync(parts.istioctl, { encoding: 'utf8' })).toBe('istioctl\n');
    const component = (name: string, image: string) => {
      const digest = remote.digests.get(`istio/${image}`);
      return { name, version, image: `${host}/istio/${image}:${version}`, digest };
    };
    expect(parts.components).toEqual([component('istio', 'pilot'), component('istio-proxy', 'proxyv2')]);
    expect(tagsIn(parts)).toEqual([`${host}/istio/pilot:${version}`, `${host}/istio/proxyv2:${version}`]);
    expect(progress.phases.map(({ name }) => name)).toEqual([
      `Download istioctl ${version}`,
      `Pull images of Istio ${version}`,
    ]);

    const before = requests.length;
    const again = new Progress();
    expect(await new RegistrySupply(again, signal, { upstream }).istio(version)).toEqual(parts);
    expect(requests).toHaveLength(before);
    expect(again.phases).toEqual([]);
  });

  it('takes the images of cert-manager from its manifests', async () => {
    using cache = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
    vi.stubEnv('XDG_CACHE_HOME', cache.path);
    await using remote = await remoteServer();
    const { host, upstream } = remote.server;
    const parts = await new RegistrySupply(new Progress(), signal, { upstream }).addOn('cert-manager');
    const component = (name: string) => ({
      name: `cert-manager-${name}`,
      version: VERSIONS.certManager.registry,
      image: `${host}/jetstack/cert-manager-${name}:v1.0.0`,
      digest: remote.digests.get(`jetstack/cert-manager-${name}`),
    });
    expect(parts.components).toEqual([component('controller'), component('webhook')]);
    expect(manifestOf(parts.archives[0] ?? '')).toHaveLength(2);
  });

  it('pulls by digest what is pinned, and notices when the engine holds another', async () => {
    using cache = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
    vi.stubEnv('XDG_CACHE_HOME', cache.path);
    await using remote = await remoteServer();
    const { host, files, requests } = remote.server;
    const webhook = `${host}/jetstack/cert-manager-webhook:v1.0.0`;
    const pinned = (digest: string): Upstream => ({ ...remote.server.upstream, digests: { [webhook]: digest } });
    const supply = (upstream: Upstream) => new RegistrySupply(new Progress(), signal, { upstream });

    await supply(remote.server.upstream).addOn('cert-manager');
    const byTag = '/v2/jetstack/cert-manager-webhook/manifests/v1.0.0';
    const layer = execFileSync('tar', ['-c', '--files-from=/dev/null']);
    const moved = serveImage(remote.server, 'jetstack/cert-manager-webhook', 'v1.0.1', layer);
    files.delete(byTag);
    requests.length = 0;
    const pinning = supply(pinned(moved));
    const parts = await pinning.addOn('cert-manager');
    expect(pinning.unpinned().filter((sentence) => sentence.includes('webhook'))).toEqual([]);
    expect(parts.components[1]?.digest).toBe(moved);
    expect(requests).not.toContain(byTag);

    const unknown = `sha256:${sha256('nowhere')}`;
    await expect(supply(pinned(unknown)).addOn('cert-manager')).rejects.toMatchObject({
      kind: 'environment',
      reason: `Image ${host}/jetstack/cert-manager-webhook@${unknown} could not be pulled: the registry does not have it.`,
    });
  });

  it.each([
    [429, 'TOOMANYREQUESTS', 'the registry allows this machine no more for now'],
    [404, 'MANIFEST_UNKNOWN', 'the registry does not have it'],
    [401, 'UNAUTHORIZED', 'the registry refuses access'],
    [403, 'DENIED', 'the registry refuses access'],
    [500, 'UNKNOWN', 'the registry is in trouble itself'],
  ])('explains a registry that answers %i', async (status, code, why) => {
    using cache = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
    vi.stubEnv('XDG_CACHE_HOME', cache.path);
    await using remote = await remoteServer();
    const { host, upstream, files } = remote.server;
    files.set('/v2/jetstack/cert-manager-webhook/manifests/v1.0.0', (answer) => {
      answer.writeHead(status, { 'content-type': 'application/json' });
      answer.end(JSON.stringify({ errors: [{ code, message: code.toLowerCase().replace('_', ' ') }] }));
    });
    await expect(new RegistrySupply(new Progress(), signal, { upstream }).addOn('cert-manager')).rejects.toMatchObject({
      kind: 'environment',
      reason: `Image ${host}/jetstack/cert-manager-webhook:v1.0.0 could not be pulled: ${why}.`,
    });
  });
});
