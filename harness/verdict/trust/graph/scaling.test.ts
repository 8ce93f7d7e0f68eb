import { expect, it, vi } from 'vitest';
import { createIntermediate, createRoot } from '../issue.ts';
import { linkBetween } from '../link.ts';
import { trustGraph } from './graph.ts';
import { observe, testPlane, testProxy } from './testing/planes.ts';

// It goes on doing what it does; the calls are counted.
vi.mock(import('../link.ts'), { spy: true });

const root = await createRoot({ commonName: 'SM Root CA' });
const mesh = await testPlane('mesh', await createIntermediate(root, { commonName: 'Mesh CA' }));
const edge = await testPlane('edge', await createRoot({ commonName: 'Edge Root CA' }));

const gateway = await testProxy(edge, 'gw', { kind: 'gateway' });
const sidecars = await Promise.all(
  Array.from({ length: 30 }, async (_, index) => await testProxy(mesh, `app${index}`)),
);

/** A split mesh with so many sidecars, and what it costs to judge. */
function judged(size: number) {
  const before = vi.mocked(linkBetween).mock.calls.length;
  const graph = trustGraph(observe([mesh, edge], [gateway, ...sidecars.slice(0, size)]));
  return { graph, signatures: vi.mocked(linkBetween).mock.calls.length - before, bytes: JSON.stringify(graph).length };
}

it('costs one signature more for each proxy more, and says no more about it', () => {
  const [some, twice, thrice] = [judged(10), judged(20), judged(30)];
  expect(twice.signatures - some.signatures).toBe(10);
  expect(thrice.signatures - twice.signatures).toBe(10);
  // Gateway to sidecars, sidecars among themselves, and the agents of both planes.
  for (const { graph } of [some, twice, thrice]) expect(graph.conversations).toHaveLength(4);
  const [first, second] = [twice.bytes - some.bytes, thrice.bytes - twice.bytes];
  expect(Math.abs(second - first) / first).toBeLessThan(0.05);
});

it('reads well with many', () => {
  const { graph } = judged(20);
  const told = graph.conversations.map(({ channel, verdict, reason }) => [channel, verdict, reason.split(':')[0]]);
  expect(told).toEqual([
    ['workload', 'unknown-issuer', 'Gateway gw refuses sidecars app0, app1, app2 and 17 more'],
    ['workload', 'trusted', 'Sidecars app0, app1, app2 and 17 more accept each other'],
    [
      'control',
      'trusted',
      'The agent of gateway gw accepts istiod edge/istiod by the root ConfigMap apps/edge-root-cert',
    ],
    [
      'control',
      'trusted',
      'The agents of sidecars app0, app1, app2 and 17 more accept istiod mesh/istiod by the root ConfigMap apps/mesh-root-cert',
    ],
  ]);
});

it('name constraints are judged for each name, and still told in one group', async () => {
  const constrained = await createIntermediate(root, {
    commonName: 'Bound CA',
    nameConstraints: { excluded: [{ form: 'dns', value: 'bank.test' }] },
  });
  const bound = await testPlane('mesh', constrained);
  const apps = await Promise.all(['a', 'b', 'c'].map(async (app) => await testProxy(bound, app)));
  const bank = await testProxy(bound, 'd', {
    leaf: { spiffeId: 'spiffe://cluster.local/ns/apps/sa/d', alternativeNames: [{ form: 'dns', value: 'bank.test' }] },
  });
  const graph = trustGraph(observe([bound], [...apps, bank]));
  const workloads = graph.conversations.filter(({ channel }) => channel === 'workload');
  expect(workloads.map(({ from, to, verdict }) => [from.length, to.length, verdict])).toEqual([
    [3, 1, 'invalid-chain'],
    [1, 3, 'invalid-chain'],
    [3, 3, 'trusted'],
  ]);
});
