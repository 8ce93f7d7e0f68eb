import { mkdirSync, mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { objectName } from '../../../cluster/kube/manifests.ts';
import { PLANES } from '../../../observations/planes.ts';
import { cacheFolder } from '../../../common/paths.ts';
import { goModuleVersion, goPartDigest } from '../../../supply/source/go.ts';
import { istioSource } from '../../../supply/source/istio.ts';
import { PLATFORM } from '../../../supply/source/platform.ts';
import { STOCK_ENVOY_VALUES } from '../../../supply/source/stock-envoy.ts';
import type { Installer, IstioParts } from './installer.ts';
import { VERSIONS } from '../../../supply/versions.ts';
import { isCached } from '../../../supply/cache.ts';
import { loadDistribution } from '../distribution.ts';
import { renderPlane } from './installers.ts';
import { chartIn, missingCharts } from './helm.ts';

const overlays = { mesh: STOCK_ENVOY_VALUES, gateway: STOCK_ENVOY_VALUES };
const { planes } = loadDistribution('openshift-4.22', { overlays });

const partsBy = (installer: Installer): IstioParts => ({
  version: '1.29.1',
  installer,
  hub: 'registry.test/istio',
  tag: '1.2.3',
  archives: [],
  overlay: {},
  components: [],
});

/** Real programs and charts, as supply `source` has left them in the cache. */
function built(version: string) {
  const { part } = istioSource(version);
  const programs = (one: typeof part) => join(cacheFolder(), 'parts', `${one.name}-${goPartDigest(one)}`);
  const module = `istio.io/istio@${goModuleVersion(part.name, 'istio.io/istio')}`;
  return {
    isThere: [PLATFORM, part].every((one) => isCached(one.name, goPartDigest(one))),
    istioctl: join(programs(part), 'istioctl'),
    helm: join(programs(PLATFORM), 'helm'),
    folder: join(cacheFolder(), 'go', 'mod', module, 'manifests', 'charts'),
  };
}

/** Where all parts come from a registry there are no charts, and no plane by helm either. */
const BUILT = [VERSIONS.istio, VERSIONS.upgradeFrom].filter((version) => built(version).isThere);

describe.each(BUILT)('Istio %s', (version) => {
  const { istioctl, helm, folder } = built(version);

  it.each(PLANES)('is the same %s plane by helm as by istioctl', async (plane) => {
    const [byHelm, byIstioctl] = await Promise.all([
      renderPlane(planes[plane], partsBy({ kind: 'helm', helm, folder })),
      renderPlane(planes[plane], partsBy({ kind: 'istioctl', istioctl })),
    ]);
    const comparable = (objects: typeof byHelm) =>
      new Map(objects.map((object) => [objectName(object), withoutNotes(object)]));
    expect(byHelm.length).toBeGreaterThan(10);
    expect(comparable(byHelm)).toEqual(comparable(byIstioctl));
  });
});

/** istiod reads `values` of the injector's ConfigMap; what else is there is for whoever looks into it. */
function withoutNotes(object: object): object {
  const { data, ...rest } = object as { data?: Record<string, string> };
  if (data === undefined) return rest;
  const read = Object.entries(data).filter(([key]) => key !== 'original-values' && key !== 'merged-values');
  return { ...rest, data: Object.fromEntries(read) };
}

describe('a folder of charts', () => {
  it.each([
    ['Istio’s source', 'istio-control/istio-discovery'],
    ['its releases', 'istio-discovery'],
    ['what helm pull unpacks', 'istiod'],
  ])('may be that of %s', (_, istiod) => {
    using charts = folderWith('base', istiod);
    expect(missingCharts(charts.path)).toEqual([]);
    expect(chartIn(charts.path, 'istiod')).toBe(join(charts.path, istiod));
  });

  it('is missing what is in none of its places', () => {
    using charts = folderWith('base', 'gateway');
    expect(missingCharts(charts.path)).toEqual(['istiod (istio-control/istio-discovery, istio-discovery, istiod)']);
  });
});

function folderWith(...charts: string[]) {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-charts-'));
  for (const chart of charts) {
    const file = join(folder.path, chart, 'Chart.yaml');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'name: test\n');
  }
  return folder;
}
