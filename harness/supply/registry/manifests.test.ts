import { mkdtempDisposableSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { deploymentImages, fetchManifests } from './manifests.ts';
import { Loopback, sha256 } from './testing/loopback.ts';

const signal = new AbortController().signal;
const CRD =
  '# Copyright\n---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: x }\n';

beforeEach(() => {
  vi.stubEnv('NO_PROXY', '127.0.0.1');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

it('keeps manifests in the cache', async () => {
  using cache = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  vi.stubEnv('XDG_CACHE_HOME', cache.path);
  await using server = await Loopback.start();
  const asset = { url: `http://${server.host}/standard-install.yaml` };
  server.serve(asset.url, CRD);
  const path = await fetchManifests('gateway-api', asset, { signal });
  expect(readFileSync(path, 'utf8')).toBe(CRD);
  expect(await fetchManifests('gateway-api', asset, { signal })).toBe(path);
  expect(server.requests).toEqual(['/standard-install.yaml']);
});

it('refuses manifests that are not the pinned ones and keeps nothing of them', async () => {
  using cache = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  vi.stubEnv('XDG_CACHE_HOME', cache.path);
  await using server = await Loopback.start();
  const asset = { url: `http://${server.host}/cert-manager.yaml`, sha256: sha256('as reviewed') };
  server.serve(asset.url, CRD);
  await expect(fetchManifests('cert-manager', asset, { signal })).rejects.toThrow(
    'The SHA-256 of cert-manager.yaml is not the pinned one.',
  );
  expect(readdirSync(join(cache.path, 'meshtrust', 'parts'))).toEqual([]);
});

it.each([
  ['a page', '<html><body>Welcome to the hotel</body></html>', 'one has no kind'],
  ['broken YAML', 'kind: Deployment\nspec: { containers: [', 'Flow sequence'],
  ['an object cut short', `${CRD}---\napiVersion: v1\n`, 'one has no kind'],
  ['nothing', '# only a comment\n', 'it is empty'],
])('refuses %s and keeps nothing of it', async (_, text, why) => {
  using cache = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  vi.stubEnv('XDG_CACHE_HOME', cache.path);
  await using server = await Loopback.start();
  const asset = { url: `http://${server.host}/cert-manager.yaml` };
  server.serve(asset.url, text);
  const fetched = fetchManifests('cert-manager', asset, { signal });
  await expect(fetched).rejects.toThrow(`cert-manager.yaml does not hold Kubernetes objects: ${why}`);
  expect(readdirSync(join(cache.path, 'meshtrust', 'parts'))).toEqual([]);
});

it('finds the images of Deployments, each once', () => {
  const deployment = (...images: string[]) => ({
    kind: 'Deployment',
    spec: { template: { spec: { containers: images.map((image) => ({ image })) } } },
  });
  const objects = [{ kind: 'Namespace' }, deployment('q/controller:v1'), deployment('q/webhook:v1', 'q/controller:v1')];
  const text = objects.map((object) => `---\n${JSON.stringify(object)}\n`).join('');
  expect(deploymentImages(text, 'https://example.com/all.yaml')).toEqual(['q/controller:v1', 'q/webhook:v1']);
});
