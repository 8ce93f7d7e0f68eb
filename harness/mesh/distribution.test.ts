import { describe, expect, it } from 'vitest';
import { distributionNames, loadDistribution, merge } from './distribution.ts';

describe('distributions', () => {
  it('are the two eras of the root ConfigMap', () => {
    expect(distributionNames()).toEqual(['openshift-4.19', 'openshift-4.22']);
    const bundle = (name: string) =>
      (loadDistribution(name).planes.gateway.values as { global?: { trustBundleName?: string } }).global
        ?.trustBundleName;
    expect(bundle('openshift-4.19')).toBeUndefined();
    expect(bundle('openshift-4.22')).toBe('openshift-gw-ca-root-cert');
  });

  it('take on what the images of a plane need', () => {
    const { planes } = loadDistribution('openshift-4.19', {
      overlays: { gateway: { telemetry: { enabled: false } } },
    });
    expect(planes.mesh.values).not.toHaveProperty('telemetry');
    expect(planes.gateway.values).toMatchObject({ telemetry: { enabled: false } });
  });

  it('are called as a vendor calls them', () => {
    const { planes, gatewayClass, rootMaps } = loadDistribution('openshift-4.19', {
      names: {
        planes: { mesh: { namespace: 'mesh', revision: 'stable' }, gateway: { namespace: 'edge' } },
        gatewayClass: { name: 'edge' },
      },
    });
    expect(planes.mesh).toMatchObject({ namespace: 'mesh', revision: 'stable', deployment: 'istiod-stable' });
    expect(planes.gateway).toMatchObject({
      ...{ namespace: 'edge', revision: 'openshift-gateway', deployment: 'istiod-openshift-gateway' },
      values: {
        pilot: {
          env: {
            PILOT_GATEWAY_API_DEFAULT_GATEWAYCLASS_NAME: 'edge',
            PILOT_GATEWAY_API_CONTROLLER_NAME: 'openshift.io/gateway-controller/v1',
          },
        },
      },
    });
    expect(gatewayClass).toEqual({ name: 'edge', controllerName: 'openshift.io/gateway-controller/v1' });
    expect(rootMaps.gateway.namespace).toBe('edge');
  });

  it('have a namespace for each plane', () => {
    const planes = { mesh: { namespace: 'istio' }, gateway: { namespace: 'istio' } };
    expect(() => loadDistribution('openshift-4.22', { names: { planes } })).toThrow(
      "Both planes are to be in the namespace 'istio'.\nGive each one of its own",
    );
  });

  it('are named when one is unknown', () => {
    expect(() => loadDistribution('planes')).toThrow(
      "Unknown distribution 'planes'.\nKnown are: openshift-4.19, openshift-4.22.",
    );
  });
});

describe('merge', () => {
  it('merges objects and replaces everything else', () => {
    const base = { a: { b: 1, c: [1, 2] }, d: 'x' };
    expect(merge(base, { a: { c: [3] }, d: { e: true } })).toEqual({ a: { b: 1, c: [3] }, d: { e: true } });
    expect(base).toEqual({ a: { b: 1, c: [1, 2] }, d: 'x' });
  });
});
