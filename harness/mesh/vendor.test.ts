import { expect, it } from 'vitest';
import type { IstioParts } from '../supply/supply.ts';
import { needsSupply, withVendor } from './vendor.ts';

const SUPPLIED: IstioParts = {
  version: '1.29.1',
  istioctl: '/cache/istioctl',
  hub: 'docker.io/istio',
  tag: '1.29.1',
  archives: ['/cache/istio.tar'],
  overlay: { telemetry: { enabled: false } },
  components: [{ name: 'istio', version: '1.29.1' }],
};

it('is the supply’s where the vendor has nothing of its own', () => {
  expect(needsSupply({})).toBe(true);
  expect(withVendor({}, '1.29.1', SUPPLIED)).toEqual(SUPPLIED);
});

it('adds values to what the supply’s images need', () => {
  const values = { pilot: { env: { ENABLE_NATIVE_SIDECARS: 'true' } } };
  expect(withVendor({ values }, '1.29.1', SUPPLIED)).toEqual({
    ...SUPPLIED,
    overlay: { ...SUPPLIED.overlay, ...values },
  });
});

it('leaves images of the vendor to the node, with the vendor’s values alone', () => {
  const own = { hub: 'registry.vendor.test/mesh', tag: '3.2.0', values: { global: { logAsJson: true } } };
  expect(needsSupply(own)).toBe(true);
  expect(withVendor(own, '1.29.1', SUPPLIED)).toEqual({
    version: '1.29.1',
    istioctl: '/cache/istioctl',
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
  expect(withVendor(own, '1.28.2', undefined)).toMatchObject({ version: '1.28.2', ...own, archives: [], overlay: {} });
});
