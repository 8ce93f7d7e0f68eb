import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { selectClaims } from './catalog.ts';
import { DEFAULTS, type Settings } from './config/settings.ts';
import { describePlan } from './describe.ts';
import { planOf } from './plan.ts';

const described = async (some: Partial<Settings>) => {
  const settings: Settings = { ...DEFAULTS, supply: 'registry', ...some };
  return describePlan(await planOf(settings, { groups: selectClaims(settings.profile, settings.distribution, []) }));
};

it('an upgrade is described with the version that it starts from', async () => {
  const text = await described({ profile: 'upgrade', k3d: { agents: 1 }, keep: true });
  expect(text).toMatch(/^cluster +a new one of k3d, 2 nodes, which stays up$/m);
  expect(text).toMatch(/^mesh plane +Istio 1\.28\.2, upgraded to 1\.29\.1 by istioctl \(namespace istio-system\)$/m);
  expect(text).toMatch(/^claims +9 of profile upgrade, with planes of an older version first$/m);
});

it('what somebody has is said to stay', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-plan-'));
  const file = join(folder.path, 'kubeconfig');
  const there = {
    name: 'theirs',
    cluster: { server: 'https://127.0.0.1:1' },
    user: {},
    context: { cluster: 'theirs', user: 'theirs' },
  };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'theirs',
    clusters: [there],
    users: [there],
    contexts: [there],
  };
  writeFileSync(file, stringify(config, { aliasDuplicateObjects: false }));
  const text = await described({
    cluster: 'kubeconfig',
    kubeconfig: { file, context: 'theirs', wayIn: 'auto' },
    planes: { mesh: { installer: 'preinstalled' }, gateway: { installer: 'sail', version: '1.28.5' } },
  });
  expect(text).toMatch(/^cluster +one that is there: context theirs of .*; what is made in it goes again/m);
  expect(text).toMatch(/^mesh plane +as it is there \(namespace istio-system\)$/m);
  expect(text).toMatch(/^gateway plane +Istio 1\.28\.5 by sail/m);
  expect(text).toMatch(/^add-on +cert-manager, in namespace cert-manager$/m);
});
