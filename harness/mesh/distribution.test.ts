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
    const { planes } = loadDistribution('openshift-4.19', { gateway: { telemetry: { enabled: false } } });
    expect(planes.mesh.values).not.toHaveProperty('telemetry');
    expect(planes.gateway.values).toMatchObject({ telemetry: { enabled: false } });
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
