import { expect, it } from 'vitest';
import type { SuppliedIstio } from '../../supply/supply.ts';
import type { IstioParts } from './installers/installer.ts';
import { needsSupply, withVendor } from './vendor.ts';

const SUPPLIED: SuppliedIstio = {
  version: '1.29.1',
  istioctl: '/cache/istioctl',
  hub: 'docker.io/istio',
  tag: '1.29.1',
  archives: ['/cache/istio.tar'],
  overlay: { telemetry: { enabled: false } },
  components: [{ name: 'istio', version: '1.29.1' }],
};

/** The supply's parts, put in by its istioctl. */
const { istioctl, ...rest } = SUPPLIED;
const INSTALLED: IstioParts = { ...rest, installer: { kind: 'istioctl', istioctl } };

it('is the supply’s where the vendor has nothing of its own', () => {
  expect(needsSupply({})).toBe(true);
  expect(withVendor('mesh', {}, '1.29.1', SUPPLIED)).toEqual(INSTALLED);
});

it('adds values to what the supply’s images need', () => {
  const values = { pilot: { env: { ENABLE_NATIVE_SIDECARS: 'true' } } };
  expect(withVendor('mesh', { values }, '1.29.1', SUPPLIED)).toEqual({
    ...INSTALLED,
    overlay: { ...SUPPLIED.overlay, ...values },
  });
});

it('leaves images of the vendor to the node, with the vendor’s values alone', () => {
  const own = { hub: 'registry.vendor.test/mesh', tag: '3.2.0', values: { global: { logAsJson: true } } };
  expect(needsSupply(own)).toBe(true);
  expect(withVendor('mesh', own, '1.29.1', SUPPLIED)).toEqual({
    version: '1.29.1',
    installer: INSTALLED.installer,
    hub: own.hub,
    tag: own.tag,
    archives: [],
    overlay: own.values,
    components: [
      { name: 'istio', version: '1.29.1', image: 'registry.vendor.test/mesh/pilot:3.2.0' },
      { name: 'istio-proxy', version: '1.29.1', image: 'registry.vendor.test/mesh/proxyv2:3.2.0' },
    ],
  });
});

it('needs nothing of the supply where images and istioctl are the vendor’s', () => {
  const own = { hub: 'registry.vendor.test/mesh', tag: '3.2.0', istioctl: '/opt/vendor/istioctl' };
  expect(needsSupply(own)).toBe(false);
  const { istioctl: program, ...images } = own;
  expect(withVendor('mesh', own, '1.28.2', undefined)).toMatchObject({
    version: '1.28.2',
    installer: { kind: 'istioctl', istioctl: program },
    ...{ ...images, archives: [], overlay: {} },
  });
});

it('needs nothing of the supply where an operator has its own images, or the plane is there', () => {
  expect(needsSupply({ installer: 'helm' })).toBe(true);
  expect(needsSupply({ installer: 'preinstalled' })).toBe(false);
  const own = { installer: 'sail', values: { global: { logAsJson: true } } } as const;
  expect(needsSupply(own)).toBe(false);
  expect(withVendor('mesh', own, '1.28.5', undefined)).toEqual({
    version: '1.28.5',
    installer: { kind: 'sail' },
    hub: '',
    tag: '',
    archives: [],
    overlay: own.values,
    components: [],
  });
});
