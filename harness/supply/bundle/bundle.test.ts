import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BOOKINFO_WORKLOADS, type CoreParts } from '../supply.ts';
import { BUNDLE_FILE, readBundle } from './bundle.ts';
import { BundleSupply } from './supply.ts';
import { type BundledParts, writeBundle } from './write.ts';

let home: string;
beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'meshtrust-bundle-'))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

const file = (name: string, mode = 0o644) => {
  const path = join(home, name);
  writeFileSync(path, `content of ${name}`, { mode });
  return path;
};

const charts = () => {
  mkdirSync(join(home, 'charts', 'base'), { recursive: true });
  file(join('charts', 'base', 'Chart.yaml'));
  return join(home, 'charts');
};

/** As a supply has them, with files in a folder that is not the bundle's. */
const parts = (): BundledParts => ({
  core: {
    tools: { k3d: 'k3d', kubectl: 'kubectl' },
    nodeImage: 'node:1',
    archives: ['core.tar'],
    bookinfo: Object.fromEntries(BOOKINFO_WORKLOADS.map((name) => [name, 'r.example/b:1'])) as CoreParts['bookinfo'],
    probeImage: 'r.example/b:1',
    gatewayApiCrds: [file('gateways.yaml'), file('routes.yaml')],
    components: [{ name: 'bookinfo', version: '1' }],
  },
  istio: ['1.29.1', '1.28.2'].map((version) => ({
    version,
    istioctl: file(`istioctl-${version}`, 0o755),
    ...(version === '1.29.1' ? { charts: { helm: file('helm', 0o755), folder: charts() } } : {}),
    hub: 'r.example',
    tag: version,
    archives: [],
    overlay: { telemetry: { enabled: false } },
    components: [{ name: 'istio', version }],
  })),
  addOns: { 'cert-manager': { archives: [], manifests: file('manifests.yaml'), components: [] } },
});

/** A bundle that has moved since it was written, as into an image, and whose sources are gone. */
function moved(bundled: BundledParts): string {
  mkdirSync(join(home, 'here'));
  writeBundle(join(home, 'here'), 'source', bundled);
  for (const { istioctl } of bundled.istio) rmSync(istioctl);
  for (const path of bundled.core.gatewayApiCrds) rmSync(path);
  rmSync(join(home, 'charts'), { recursive: true });
  renameSync(join(home, 'here'), join(home, 'there'));
  return join(home, 'there');
}

describe('a bundle', () => {
  it('has all that a run in an existing cluster needs, wherever it lies', async () => {
    const given = parts();
    const supply = new BundleSupply(readBundle(moved(given)), ['1.29.1', '1.28.2']);
    expect(supply.kind).toBe('source');
    const core = await supply.core();
    const { bookinfo, probeImage, components } = given.core;
    expect(core).toMatchObject({ bookinfo, probeImage, components, archives: [] });
    expect(core.gatewayApiCrds.map((path) => readFileSync(path, 'utf8'))).toEqual([
      'content of gateways.yaml',
      'content of routes.yaml',
    ]);
    for (const upstream of given.istio) {
      const istio = await supply.istio(upstream.version);
      const places = { istioctl: '', charts: undefined };
      expect({ ...istio, ...places }).toEqual({ ...upstream, ...places });
      expect(readFileSync(istio.istioctl, 'utf8')).toBe(`content of istioctl-${upstream.version}`);
      expect(statSync(istio.istioctl).mode & 0o111).toBe(0o111);
    }
    const withCharts = (await supply.istio('1.29.1')).charts!;
    expect(readFileSync(withCharts.helm, 'utf8')).toBe('content of helm');
    expect(existsSync(join(withCharts.folder, 'base', 'Chart.yaml'))).toBe(true);
    expect(await supply.istio('1.28.2')).not.toHaveProperty('charts');
    const { manifests } = await supply.addOn('cert-manager');
    expect(readFileSync(manifests, 'utf8')).toBe('content of manifests.yaml');
  });

  it('says which versions it has where another is wanted', () => {
    expect(() => new BundleSupply(readBundle(moved(parts())), ['1.29.1', '1.27.0'])).toThrow(
      expect.objectContaining({
        kind: 'usage',
        message: expect.stringMatching(/does not have Istio 1\.27\.0\.\nIt has 1\.29\.1 and 1\.28\.2;/) as string,
      }),
    );
  });

  it('says what of it nothing pins, as the supply did that it came from', () => {
    const unpinned = ['not pinned: r.example/b:1 (the cluster pulls it, by its tag)'];
    const supply = (given: BundledParts) => new BundleSupply(readBundle(moved(given)), ['1.29.1']);
    expect(supply({ ...parts(), unpinned }).unpinned()).toEqual(unpinned);
  });

  it('says where it was made without cert-manager', async () => {
    const supply = new BundleSupply(readBundle(moved({ ...parts(), addOns: {} })), []);
    await expect(supply.addOn('cert-manager')).rejects.toMatchObject({
      kind: 'usage',
      reason: 'The bundle has no cert-manager.',
    });
  });
});

describe('a folder that is no bundle', () => {
  it.each([
    ['nothing', undefined, /nope is not a bundle of parts: ENOENT.*\nName the folder that bundle\.json lies in/],
    ['something else', 'x', /is not a bundle of parts: Unexpected token/],
    ['a bundle of another format', '{"format":"v9"}', /is not a bundle of parts: its format is v9, not meshtrust/],
  ])('that has %s is refused', (_, text, message) => {
    const folder = join(home, 'nope');
    if (text !== undefined) {
      mkdirSync(folder);
      writeFileSync(join(folder, BUNDLE_FILE), text);
    }
    expect(() => readBundle(folder)).toThrow(
      expect.objectContaining({ kind: 'usage', message: expect.stringMatching(message) as string }),
    );
  });
});
