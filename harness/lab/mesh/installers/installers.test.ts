import { mkdirSync, mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PlaneName } from '../../../observations/planes.ts';
import type { SuppliedIstio } from '../../../supply/supply.ts';
import type { VendorPlane } from './installer.ts';
import { installerOf } from './installers.ts';

const SUPPLIED: SuppliedIstio = {
  version: '1.29.1',
  istioctl: '/cache/istioctl',
  charts: { helm: '/cache/helm', folder: '/cache/charts' },
  hub: 'meshtrust',
  tag: '1.29.1',
  archives: [],
  overlay: {},
  components: [],
};
/** A supply without charts. */
const { charts: _, ...BARE } = SUPPLIED;

const open = (plane: PlaneName, own: VendorPlane, supplied: SuppliedIstio | undefined) =>
  installerOf(own).open(plane, own, supplied);

describe('the installer of a plane', () => {
  it('is istioctl where nothing else is said, the supply’s or the vendor’s', () => {
    expect(open('mesh', {}, SUPPLIED)).toEqual({ kind: 'istioctl', istioctl: '/cache/istioctl' });
    const own = { istioctl: '/opt/vendor/istioctl' };
    expect(open('mesh', own, SUPPLIED)).toEqual({ kind: 'istioctl', ...own });
    expect([installerOf({}).needsTools({}), installerOf(own).needsTools(own)]).toEqual([true, false]);
  });

  it('is helm with the supply’s charts', () => {
    expect(open('mesh', { installer: 'helm' }, SUPPLIED)).toEqual({ kind: 'helm', ...SUPPLIED.charts });
    expect(installerOf({ installer: 'helm' }).needsTools({ installer: 'helm' })).toBe(true);
  });

  it('is helm with the vendor’s own, by absolute paths: another process reads them too', () => {
    using charts = folderOfCharts();
    const own = { installer: 'helm', charts: relative('.', charts.path), helm: 'bin/helm' } as const;
    const helm = { kind: 'helm', folder: charts.path, helm: join(process.cwd(), 'bin', 'helm') };
    expect(open('mesh', own, undefined)).toEqual(helm);
    expect(installerOf(own).needsTools(own)).toBe(false);
  });

  it.each(['sail', 'preinstalled'] as const)('is %s and needs nothing of the supply', (installer) => {
    expect(open('gateway', { installer }, undefined)).toEqual({ kind: installer });
    expect(installerOf({ installer }).needsTools({ installer })).toBe(false);
  });
});

describe('what helm lacks', () => {
  it('is said with the key to set: charts', () => {
    expect(() => open('gateway', { installer: 'helm' }, BARE)).toThrow(
      'The gateway plane is to be installed by helm, and this supply has no charts of Istio.\n' +
        "Set planes.gateway.charts to a folder with Istio's charts base and istiod.",
    );
  });

  it('is said with the key to set: a folder without them', () => {
    expect(() => open('mesh', { installer: 'helm', charts: '/nowhere' }, SUPPLIED)).toThrow(
      /^\/nowhere does not hold the chart base \(base\), nor istiod \(.*\)\.\nSet planes\.mesh\.charts to a folder/,
    );
  });
});

function folderOfCharts() {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-charts-'));
  for (const chart of ['base', 'istiod']) {
    mkdirSync(join(folder.path, chart));
    writeFileSync(join(folder.path, chart, 'Chart.yaml'), `name: ${chart}\n`);
  }
  return folder;
}
