import { expect, it } from 'vitest';
import { DEFAULTS, type Settings } from '../plan/config/settings.ts';
import { Progress } from '../common/progress.ts';
import { PublishedSupply } from '../supply/published.ts';
import { RegistrySupply } from '../supply/registry/registry.ts';
import { supplyFor } from './supply.ts';

const session = { progress: new Progress(), signal: new AbortController().signal };
const registry = { push: '127.0.0.1:5000/lab', pull: 'registry.example.com/lab' };

it.each([
  ['pushes to the registry that is named', { cluster: 'kubeconfig', registry }, PublishedSupply],
  ['pushes for a cluster of its own too', { registry }, PublishedSupply],
  ['leaves official images to the nodes', { cluster: 'kubeconfig' }, RegistrySupply],
] satisfies [string, Partial<Settings>, unknown][])('%s', (_, some, kind) => {
  const settings = { ...DEFAULTS, ...some };
  const plan = {
    settings,
    supply: { kind: 'registry', reason: 'as asked' },
    bundle: undefined,
    istioVersions: [],
  } as const;
  expect(supplyFor(session, plan)).toBeInstanceOf(kind);
});
