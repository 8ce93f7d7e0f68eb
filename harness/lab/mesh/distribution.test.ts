import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../common/paths.ts';
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

it('no name of a distribution is spelled where labs are judged, changed or broken: a vendor has others', () => {
  const distributions = distributionNames().map((name) => loadDistribution(name));
  const all = distributions.flatMap(({ planes, gatewayClass, rootMaps }) => [
    ...Object.values(planes).flatMap(({ namespace, revision }) => [namespace, revision]),
    ...Object.values(rootMaps).map(({ name }) => name),
    gatewayClass.name,
  ]);
  const names = [...new Set(all)].filter((name) => name !== '');
  const code = globSync('{suites,harness/{lab/{probe,remedies,upgrade},run/claims,selftest,verdict/judges}}/**/*.ts', {
    cwd: ROOT,
  });
  const spelled = code
    .filter((file) => !file.endsWith('.test.ts') || file.startsWith('suites'))
    .flatMap((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8');
      return names.filter((name) => text.includes(name)).map((name) => `${file}: ${name}`);
    });
  expect(code.length).toBeGreaterThan(50);
  expect(spelled).toEqual([]);
});

describe('merge', () => {
  it('merges objects and replaces everything else', () => {
    const base = { a: { b: 1, c: [1, 2] }, d: 'x' };
    expect(merge(base, { a: { c: [3] }, d: { e: true } })).toEqual({ a: { b: 1, c: [3] }, d: { e: true } });
    expect(base).toEqual({ a: { b: 1, c: [1, 2] }, d: 'x' });
  });
});
