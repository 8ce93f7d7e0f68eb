import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadDistribution } from './distribution.ts';
import { type Pulling, pullingWith, pullSecrets, pullValues } from './pulling.ts';

const distribution = loadDistribution('openshift-4.22');

function login(folder: string): string {
  const config = join(folder, 'config.json');
  const entry = { auth: Buffer.from('robot:a long password').toString('base64') };
  writeFileSync(config, JSON.stringify({ auths: { 'registry.example.com': entry } }));
  return config;
}

it('puts a plane’s Secret where its istiod and its proxies run, and the lab’s wherever the lab does', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-pulling-'));
  const config = login(folder.path);
  const access = { config, prefix: 'registry.example.com/mesh' };
  const placesOf = (pulling: Pulling) =>
    pullSecrets(pulling, distribution).map(({ metadata }) => `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`);
  expect(placesOf({ planes: {} })).toEqual([]);
  expect(placesOf({ planes: { mesh: access } })).toEqual([
    'istio-system/meshtrust-pull-mesh',
    'bookinfo/meshtrust-pull-mesh',
    'probe-inside/meshtrust-pull-mesh',
  ]);
  expect(placesOf({ planes: { gateway: access } })).toEqual(['openshift-ingress/meshtrust-pull-gateway']);
  expect(placesOf({ lab: access, planes: {} })).toEqual(
    ['istio-system', 'bookinfo', 'probe-inside', 'openshift-ingress', 'probe-outside'].map(
      (namespace) => `${namespace}/meshtrust-pull`,
    ),
  );
});

it('has istiod and what it injects into pull with them', () => {
  const access = { config: 'config.json', prefix: 'registry.example.com' };
  const pulling: Pulling = { lab: access, planes: { mesh: access } };
  expect(pullValues(pulling, 'mesh')).toEqual({
    global: { imagePullSecrets: ['meshtrust-pull', 'meshtrust-pull-mesh'] },
  });
  expect(pullValues(pulling, 'gateway')).toEqual({ global: { imagePullSecrets: ['meshtrust-pull'] } });
  expect(pullValues({ planes: {} }, 'mesh')).toEqual({});
});

it('has workloads of the lab pull with its credentials, and leaves all else alone', () => {
  const service = { kind: 'Service', metadata: { name: 's' }, spec: { ports: [] } };
  const deployment = { kind: 'Deployment', metadata: { name: 'd' }, spec: { template: { spec: { containers: [] } } } };
  const access = { config: 'config.json', prefix: 'registry.example.com' };
  expect(pullingWith(undefined, [service, deployment])).toEqual([service, deployment]);
  expect(pullingWith(access, [service, deployment])).toEqual([
    service,
    {
      ...deployment,
      spec: { template: { spec: { containers: [], imagePullSecrets: [{ name: 'meshtrust-pull' }] } } },
    },
  ]);
});
