import { expect, it } from 'vitest';
import { DEFAULTS, type Settings } from './config/settings.ts';
import type { VendorPlane } from '../lab/mesh/installers/installer.ts';
import type { SuppliedIstio, Supply } from '../supply/supply.ts';
import { istioBefore, istioOf, suppliedVersions } from './istio.ts';

const VENDOR = { version: '1.29.2', hub: 'registry.vendor.test/mesh', tag: '3.2.0', istioctl: '/opt/istioctl' };

const settings = (gateway: VendorPlane): Settings => ({ ...DEFAULTS, planes: { mesh: {}, gateway } });

/** A supply that only writes down which versions it was asked for. */
function noting(): Supply & { asked: string[] } {
  const asked: string[] = [];
  const istio = (version: string): Promise<SuppliedIstio> => {
    asked.push(version);
    const own = { istioctl: 'istioctl', hub: 'hub', tag: version, archives: [], overlay: {}, components: [] };
    return Promise.resolve({ version, ...own });
  };
  const none = () => Promise.reject(new Error('nobody asks for this'));
  return { kind: 'registry', asked, istio, core: none, addOn: none, unpinned: () => [] };
}

it.each([
  ['both planes alike', {}, ['1.29.1'], ['1.29.1', '1.29.1']],
  ['another version for one', { version: '1.28.2' }, ['1.29.1', '1.28.2'], ['1.29.1', '1.28.2']],
  ['a vendor’s build for one', VENDOR, ['1.29.1'], ['1.29.1', '1.29.2']],
])('asks the supply once for each version: %s', async (_, gateway, asked, installed) => {
  const supply = noting();
  const istio = await istioOf(settings(gateway), supply);
  expect([istio.mesh.version, istio.gateway.version]).toEqual(installed);
  expect(supply.asked).toEqual(asked);
  expect(suppliedVersions(settings(gateway), { olderVersion: false })).toEqual(asked);
});

it('begins an upgrade with the supply’s own parts', async () => {
  const supply = noting();
  const { mesh, gateway } = await istioBefore(settings(VENDOR), supply);
  expect([mesh.version, gateway.version]).toEqual(['1.28.2', '1.28.2']);
  expect(suppliedVersions(settings(VENDOR), { olderVersion: true })).toEqual(['1.29.1', '1.28.2']);
});

it('begins an upgrade with the plane’s own installer, and asks the supply for nothing that an operator has', async () => {
  const supply = noting();
  const own: VendorPlane = { installer: 'sail', version: '1.29.1', values: { global: {} } };
  const both: Settings = { ...DEFAULTS, planes: { mesh: own, gateway: own } };
  const { mesh } = await istioBefore(both, supply);
  expect(mesh).toMatchObject({ version: '1.28.2', installer: { kind: 'sail' }, overlay: {} });
  expect(suppliedVersions(both, { olderVersion: true })).toEqual([]);
  expect(supply.asked).toEqual([]);
});

it('cannot begin an upgrade by helm without charts of the version it begins with', async () => {
  const own: VendorPlane = { ...VENDOR, installer: 'helm', charts: '/opt/charts' };
  await expect(istioBefore(settings(own), noting())).rejects.toThrow(
    'This supply has no charts of Istio 1.28.2, and helm is to install the gateway plane.\nUpgrade with --supply source,',
  );
});
