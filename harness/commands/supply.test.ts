import { expect, it } from 'vitest';
import { DEFAULTS, type Settings } from '../config/settings.ts';
import { Progress } from '../progress.ts';
import { PublishedSupply } from '../supply/published.ts';
import { needsEngine, supplyFor } from './supply.ts';

const session = { progress: new Progress(), signal: new AbortController().signal };
const registry = { push: '127.0.0.1:5000/lab', pull: 'registry.example.com/lab' };
const settings = (some: Partial<Settings>): Settings => ({ ...DEFAULTS, ...some });
const open = (some: Partial<Settings>, kind: 'source' | 'registry') => supplyFor(session, settings(some), kind, []);

it('has no way for what is built here into another cluster but by a registry', () => {
  expect(() => open({ cluster: 'kubeconfig' }, 'source')).toThrow(
    expect.objectContaining({ kind: 'usage', message: expect.stringContaining('registry: { push, pull }') as string }),
  );
  expect(open({ cluster: 'kubeconfig', registry }, 'source')).toBeInstanceOf(PublishedSupply);
  expect(open({ registry }, 'registry')).toBeInstanceOf(PublishedSupply);
});

it.each([
  ['a cluster of its own', {}, 'registry', true],
  ['images that are built here', { cluster: 'kubeconfig', registry }, 'source', true],
  ['images that are pushed', { cluster: 'kubeconfig', registry }, 'registry', true],
  ['a cluster that pulls official images', { cluster: 'kubeconfig' }, 'registry', false],
] as const)('%s: needs an engine?', (_, some, kind, expected) => {
  expect(needsEngine(settings(some), kind)).toBe(expected);
});
