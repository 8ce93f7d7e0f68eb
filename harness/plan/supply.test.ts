import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { DEFAULTS, type Settings } from './config/settings.ts';
import { BUNDLE_FILE, BUNDLE_FORMAT } from '../supply/bundle/bundle.ts';
import { assertReachable, bundleOf, choiceOf, needsEngine } from './supply.ts';

const registry = { push: '127.0.0.1:5000/lab', pull: 'registry.example.com/lab' };
const settings = (some: Partial<Settings>): Settings => ({ ...DEFAULTS, ...some });

it('has no way for what is built here into another cluster but by a registry', () => {
  expect(() => assertReachable(settings({ cluster: 'kubeconfig' }), 'source')).toThrow(
    expect.objectContaining({ kind: 'usage', message: expect.stringContaining('registry: { push, pull }') as string }),
  );
  expect(() => assertReachable(settings({ cluster: 'kubeconfig', registry }), 'source')).not.toThrow();
  expect(() => assertReachable(settings({ cluster: 'kubeconfig' }), 'registry')).not.toThrow();
});

it.each([
  ['a cluster of its own', {}, 'registry', true],
  ['images that are built here', { cluster: 'kubeconfig', registry }, 'source', true],
  ['images that are pushed', { cluster: 'kubeconfig', registry }, 'registry', true],
  ['a cluster that pulls official images', { cluster: 'kubeconfig' }, 'registry', false],
] as const)('%s: needs an engine?', (_, some, kind, expected) => {
  expect(needsEngine(settings(some), kind)).toBe(expected);
});

const bundle = mkdtempSync(join(tmpdir(), 'meshtrust-bundled-'));
afterAll(() => rmSync(bundle, { recursive: true, force: true }));
writeFileSync(
  join(bundle, BUNDLE_FILE),
  JSON.stringify({ format: BUNDLE_FORMAT, kind: 'source', core: { gatewayApiCrds: [] }, istio: [], addOns: {} }),
);

const BUNDLED: Settings = { ...DEFAULTS, cluster: 'kubeconfig', bundle };

it('takes the kind of supply from a bundle, and needs no engine for it', async () => {
  expect(await choiceOf(BUNDLED)).toEqual({ kind: 'source', reason: 'from a bundle' });
  expect(needsEngine({ ...BUNDLED, registry }, 'source')).toBe(false);
});

it.each([
  ['a cluster of its own', { cluster: 'k3d' }, 'A bundle has no parts of a cluster.'],
  ['parts of another supply', { supply: 'registry' }, `The parts in ${bundle} are of supply source, not registry.`],
] as const)('refuses a bundle with %s', (_, other, reason) => {
  expect(() => bundleOf({ ...BUNDLED, ...other })).toThrow(expect.objectContaining({ kind: 'usage', reason }));
});
