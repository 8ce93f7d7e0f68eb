import { execFile } from 'node:child_process';
import { mkdtempDisposableSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ROOT } from '../../common/paths.ts';
import { startInternet } from '../testing/internet.ts';
import { VERSIONS } from '../versions.ts';
import { type Lock, readLock, writeLock } from './lock.ts';
import { placeOf } from './image-digest.ts';
import { assetsToPin, describeChanges as inWords, imagesToPin, renewed, survey } from './pins.ts';
import { certManagerAsset, k3sImagesAsset, UPSTREAM, type Upstream } from './releases.ts';
import { Loopback, serveImage, sha256 } from './testing/loopback.ts';

const signal = new AbortController().signal;

beforeEach(() => {
  vi.stubEnv('NO_PROXY', '127.0.0.1');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const content = (url: string) => `content of ${url}`;

/** What an upstream has: every file, its checksum files, and the lists of images; by URL. */
function filesOf(upstream: Upstream, registries: { k3s: string; certManager: string }): Map<string, string> {
  const files = new Map<string, string>();
  const image = `${registries.certManager}/jetstack/cert-manager-webhook:v1`;
  const deployment = { kind: 'Deployment', spec: { template: { spec: { containers: [{ image }] } } } };
  const lists = new Map([
    [k3sImagesAsset(upstream).url, `${registries.k3s}/rancher/mirrored-pause:3.6\n`],
    [certManagerAsset(upstream).url, JSON.stringify(deployment)],
  ]);
  for (const { url, checksums } of assetsToPin(upstream)) {
    const text = lists.get(url) ?? content(url);
    files.set(url, text);
    if (checksums === undefined) continue;
    const before = checksums.endsWith('.txt') ? (files.get(checksums) ?? '') : '';
    files.set(checksums, `${before}${sha256(text)}  ${basename(url)}\n`);
  }
  return files;
}

/** A server with everything there is to pin, and the lock that says so. */
async function start(): Promise<{ server: Loopback; lock: Lock } & AsyncDisposable> {
  const server = await Loopback.start();
  const { upstream, host } = server;
  const files = filesOf(upstream, { k3s: host, certManager: host });
  for (const [url, text] of files) server.serve(url, text);
  const named = [`${host}/rancher/mirrored-pause:3.6`, `${host}/jetstack/cert-manager-webhook:v1`];
  const images = [...imagesToPin(upstream), ...named].map((image): [string, string] => {
    const { repository, tag } = placeOf(image);
    return [image, serveImage(server, repository, tag, Buffer.from('layer'))];
  });
  const assets = assetsToPin(upstream).map(({ url }): [string, string] => [url, sha256(files.get(url) ?? '')]);
  return {
    server,
    lock: { assets: Object.fromEntries(assets), images: Object.fromEntries(images) },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const ask = (upstream: Upstream) => survey(upstream, { signal, say: () => undefined });

it('goes over every file for all machines, and every image', () => {
  const urls = assetsToPin(UPSTREAM).map(({ url }) => url);
  // Four machines with k3d, kubectl and istioctl of two versions; two manifests and a list.
  expect(new Set(urls).size).toBe(4 * 4 + 3);
  for (const part of ['k3d-darwin-arm64', 'linux/arm64/kubectl', `istioctl-${VERSIONS.upgradeFrom}-osx.tar.gz`]) {
    expect(urls.some((url) => url.endsWith(part))).toBe(true);
  }
  const images = imagesToPin(UPSTREAM);
  expect(new Set(images).size).toBe(3 + 2 * 2 + 6);
  expect(images).toContain(`docker.io/istio/proxyv2:${VERSIONS.upgradeFrom}`);
});

describe('a survey', () => {
  it('finds what everything is now, whatever it is pinned to', async () => {
    await using upstream = await start();
    const { server, lock } = upstream;
    const wrong = { [assetsToPin(server.upstream)[0]?.url ?? '']: sha256('wrong') };
    const seen = await ask({ ...server.upstream, sums: wrong });
    expect(seen).toEqual({ found: lock, silent: new Map(), isWhole: true });
    expect(renewed(lock, seen)).toEqual({ lock, differences: [] });
    expect(renewed({ assets: {}, images: {} }, seen).differences).toHaveLength(19 + 15);
    // One pull of a layer would be one too many.
    expect(server.requests.filter((path) => path.includes('/blobs/'))).toEqual([]);
  });

  it('goes on past what does not answer, and past a file that is not what its project publishes', async () => {
    await using upstream = await start();
    const { server, lock } = upstream;
    const [gone, swapped] = assetsToPin(server.upstream).map(({ url }) => url);
    const [image = ''] = imagesToPin(server.upstream);
    server.files.delete(new URL(gone!).pathname);
    server.serve(swapped!, 'swapped');
    server.files.delete(`/v2/${placeOf(image).repository}/manifests/${placeOf(image).tag}`);
    const seen = await ask(server.upstream);
    expect([...seen.silent]).toEqual([
      [gone, `${server.host} has no ${basename(gone!)} (404).`],
      [swapped, `The SHA-256 of ${basename(swapped!)} is not the published one.`],
      [image, `${server.host} has no rancher/k3s:${VERSIONS.k3s} (404).`],
    ]);
    // Nobody's silence unpins anything.
    expect(renewed(lock, seen)).toEqual({ lock, differences: [] });
  });

  it.each([
    ['a page of a portal', '<html>Welcome to the hotel</html>'],
    ['nothing at all', undefined],
  ])('does not take %s for an empty list of images', async (_, list) => {
    await using upstream = await start();
    const { server, lock } = upstream;
    for (const { url } of [certManagerAsset(server.upstream), k3sImagesAsset(server.upstream)]) {
      if (list === undefined) server.files.delete(new URL(url).pathname);
      else server.serve(url, list);
    }
    const seen = await ask(server.upstream);
    expect(seen.silent.size).toBe(2);
    expect(renewed(lock, seen)).toEqual({ lock, differences: [] });
  });
});

describe('a renewed lock', () => {
  const [one, two, three] = ['one', 'two', 'three'].map(sha256) as [string, string, string];

  it('says what is new, what has changed and what has gone', () => {
    const old = { assets: { a: one, b: one, c: one }, images: { x: `sha256:${one}` } };
    const found = { assets: { b: two, c: one, d: three }, images: { x: `sha256:${two}` } };
    const { lock, differences } = renewed(old, { found, silent: new Map(), isWhole: true });
    expect(lock).toEqual(found);
    expect(differences.map(inWords)).toEqual([
      'not asked for any more: a',
      `changed: b\n  pinned ${one}\n  now    ${two}`,
      `not pinned so far: d\n  now    ${three}`,
      `changed: x\n  pinned sha256:${one}\n  now    sha256:${two}`,
    ]);
  });
});

describe('npm run pins', () => {
  const PILOT = `docker.io/istio/pilot:${VERSIONS.istio}`;
  const HOSTS = ['github.com', 'dl.k8s.io', 'registry-1.docker.io', 'ghcr.io', 'quay.io'];

  /** The whole internet, as far as anything is to be pinned there: what it has by URL. */
  async function internet() {
    const files = filesOf(UPSTREAM, { k3s: 'docker.io', certManager: 'quay.io' });
    const digests = new Map<string, string>();
    const named = ['docker.io/rancher/mirrored-pause:3.6', 'quay.io/jetstack/cert-manager-webhook:v1'];
    for (const image of [...imagesToPin(UPSTREAM), ...named]) {
      const { base, repository, tag } = placeOf(image);
      digests.set(`${base}/v2/${repository}/manifests/${tag}`, `sha256:${sha256(image)}`);
    }
    const tokens = 'https://registry-1.docker.io/token';
    const started = await startInternet(HOSTS, (request, answer) => {
      const url = `https://${request.headers.host ?? ''}${request.url ?? ''}`;
      const [file, digest] = [files.get(url), digests.get(url)];
      if (url.startsWith(tokens)) answer.end('{"token":"anonymous"}');
      else if (file !== undefined) answer.end(file);
      else if (digest === undefined) answer.writeHead(404).end();
      else if (url.includes('docker.io') && request.headers.authorization === undefined) {
        answer.writeHead(401, { 'www-authenticate': `Bearer realm="${tokens}",service="registry.docker.io"` }).end();
      } else answer.writeHead(200, { 'docker-content-digest': digest }).end();
    });
    return { files, digests, ...started };
  }

  const run = (env: Record<string, string>, ...words: string[]) =>
    new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      const script = join(ROOT, 'harness', 'tasks', 'pins.ts');
      execFile(process.execPath, [script, ...words], { env: { ...process.env, ...env } }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : error.code, stdout, stderr });
      });
    });

  it('fills a lock by way of a proxy, and then finds nothing to do; a change is named, exit code 1', async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
    const lock = join(folder.path, 'lock.json');
    writeLock(lock, { assets: { 'https://example.com/old': sha256('old') }, images: {} });
    await using there = await internet();

    const first = await run(there.env, '--lock', lock);
    expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining('Ask for every file and image') as string });
    expect(first.stdout).toContain('not asked for any more: https://example.com/old\n');
    expect(first.stdout).toMatch(/\n19 files and 15 images are pinned now: 35 have changed, 0 did not answer\n$/);
    const { assets, images } = readLock(lock);
    expect(Object.keys(assets)).toHaveLength(19);
    expect(images[PILOT]).toBe(`sha256:${sha256(PILOT)}`);
    expect(images['quay.io/jetstack/cert-manager-webhook:v1']).toMatch(/^sha256:/);
    const written = readFileSync(lock, 'utf8');

    expect(await run(there.env, '--check', '--lock', lock)).toMatchObject({
      code: 0,
      stdout: '19 files and 15 images are what they are pinned to\n',
    });

    const { url } = certManagerAsset(UPSTREAM);
    const pinned = sha256(there.files.get(url) ?? '');
    there.files.set(url, `${there.files.get(url) ?? ''}\n`);
    there.digests.delete(`https://registry-1.docker.io/v2/istio/pilot/manifests/${VERSIONS.istio}`);
    const now = sha256(there.files.get(url) ?? '');
    expect(await run(there.env, '--check', '--lock', lock)).toMatchObject({
      code: 1,
      stdout: [
        `changed: ${url}\n  pinned ${pinned}\n  now    ${now}`,
        `no answer: ${PILOT}\n  registry-1.docker.io has no istio/pilot:${VERSIONS.istio} (404).`,
        '1 differ from the lock, 1 did not answer: `npm run pins` renews it\n',
      ].join('\n'),
    });
    expect(readFileSync(lock, 'utf8')).toBe(written);
  });

  it('says so where there is no way out, and changes nothing', async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
    const lock = join(folder.path, 'lock.json');
    writeLock(lock, { assets: {}, images: {} });
    await using there = await startInternet(['example.com'], (_, answer) => answer.writeHead(404).end());
    const { code, stdout } = await run(there.env, '--check', '--lock', lock);
    expect(code).toBe(1);
    expect(stdout).toContain('github.com shows a certificate that does not verify (ERR_TLS_CERT_ALTNAME_INVALID).');
    expect(readLock(lock)).toEqual({ assets: {}, images: {} });
  });
});
