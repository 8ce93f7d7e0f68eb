import { expect, it } from 'vitest';
import { createIntermediate, createRoot } from '../issue.ts';
import { edgesBetween } from './between.ts';
import { trustGraph } from './graph.ts';
import { outcomeOf } from './outcome.ts';
import { observe, testPlane, testProxy } from './testing/planes.ts';

it('judges what leads between two ends alone: two meshes that never talk are not broken', async () => {
  const root = await createRoot({ commonName: 'Root' });
  const home = await testPlane('home', await createIntermediate(root, { commonName: 'Home CA' }));
  const abroad = await testPlane('abroad', await createRoot({ commonName: 'Abroad' }));
  const graph = trustGraph(
    observe(
      [home, abroad],
      [
        await testProxy(home, 'shop', {
          id: 'a/shop-0',
          namespace: 'a',
          leaf: { spiffeId: 'spiffe://cluster.local/ns/a/sa/shop' },
        }),
        await testProxy(home, 'bank'),
        await testProxy(abroad, 'port'),
      ],
    ),
  );
  expect(outcomeOf(graph)).toBe('broken');
  const among = edgesBetween(graph, ['a', 'bank']);
  expect(among?.conversations.map(({ channel, from, to }) => [channel, from, to])).toEqual([
    ['workload', ['a/shop-0'], ['apps/bank-0']],
    ['workload', ['apps/bank-0'], ['a/shop-0']],
    ['control', ['a/shop-0', 'apps/bank-0'], ['home/istiod']],
  ]);
  expect(among && outcomeOf(among)).toBe('trusted');
  const across = edgesBetween(graph, ['home/istiod', 'abroad/istiod']);
  expect(across && outcomeOf(across)).toBe('broken');
  expect(
    edgesBetween(graph, ['home/istiod', 'home/istiod'])?.conversations.filter(({ channel }) => channel === 'workload'),
  ).toHaveLength(1);
  expect(edgesBetween(graph, ['a', 'nobody'])).toBeUndefined();
});
