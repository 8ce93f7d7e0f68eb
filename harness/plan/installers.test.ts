import { loadProfile, needsOf } from './catalog.ts';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadSettings } from './config/load.ts';
import { DEFAULTS, type Settings } from './config/settings.ts';
import type { VendorPlane } from '../lab/mesh/installers/installer.ts';
import { fixture } from '../common/paths.ts';
import { assertInstallers, assertTools } from './installers.ts';

const settings = (gateway: VendorPlane): Settings => ({
  ...DEFAULTS,
  cluster: 'kubeconfig',
  planes: { mesh: {}, gateway },
});
const RUN = { olderVersion: false };

describe('installers', () => {
  it.each<VendorPlane>([
    {},
    { istioctl: '/opt/istioctl', version: '1.28.2' },
    { installer: 'helm', charts: '/opt/charts', helm: '/opt/helm', hub: 'registry.test', tag: '1', values: {} },
    { installer: 'sail', version: '1.28.5', values: {} },
    { installer: 'preinstalled' },
  ])('have what they can use: %o', (own) => {
    expect(() => assertInstallers(settings(own), RUN)).not.toThrow();
  });

  it.each(readdirSync(fixture('examples')))('can do what fixtures/examples/%s asks of them', (name) => {
    const example = loadSettings(fixture('examples', name), {});
    const needs = needsOf(loadProfile(example.profile));
    expect(() => assertInstallers(example, needs)).not.toThrow();
  });

  it.each<[VendorPlane, string]>([
    [
      { charts: '/opt/charts' },
      'planes.gateway.charts is not for installer istioctl.\n' +
        'Leave it out, or set planes.gateway.installer to helm.',
    ],
    [
      { installer: 'preinstalled', values: {} },
      'planes.gateway.values is not for installer preinstalled.\n' +
        'Leave it out, or set planes.gateway.installer to istioctl or helm or sail.',
    ],
  ])('are told what they can make nothing of: %o', (own, message) => {
    expect(() => assertInstallers(settings(own), RUN)).toThrow(message);
  });

  it('do not upgrade what others have installed', () => {
    const own = settings({ installer: 'preinstalled' });
    expect(() => assertInstallers(own, { olderVersion: true })).toThrow(
      'planes.gateway.installer is preinstalled, and these claims would replace what is there by another version.\nChoose another',
    );
    expect(() => assertInstallers(settings({ installer: 'sail' }), { olderVersion: true })).not.toThrow();
  });

  it.each([
    ['sail', 'the Sail operator'],
    ['preinstalled', 'a plane of its own'],
  ] as const)('find nothing in a new cluster: %s', (installer, wanted) => {
    expect(() => assertInstallers({ ...settings({ installer }), cluster: 'k3d' }, RUN)).toThrow(
      `planes.gateway.installer is ${installer}, and a cluster that is made for the run does not have ${wanted}.\n`,
    );
  });
});

describe('what a supply will not have', () => {
  const helm: VendorPlane = { installer: 'helm', helm: '/opt/helm' };

  it('is said before it makes anything', () => {
    expect(() => assertTools(settings(helm), 'source')).not.toThrow();
    expect(() => assertTools(settings({}), 'registry')).not.toThrow();
    expect(() => assertTools(settings(helm), 'registry')).toThrow('Set planes.gateway.charts to a folder');
  });

  it.each(['source', 'registry'] as const)(
    'is said of charts that are not there, whatever the supply: %s',
    (supply) => {
      const own = settings({ ...helm, charts: '/nowhere' });
      expect(() => assertTools(own, supply)).toThrow('/nowhere does not hold the chart base');
    },
  );
});
