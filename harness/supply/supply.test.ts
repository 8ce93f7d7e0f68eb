import { expect, it } from 'vitest';
import { BOOKINFO_WORKLOADS, type CoreParts, withImages } from './supply.ts';

const PARTS: CoreParts = {
  ...{ tools: { k3d: '', kubectl: '' }, nodeImage: 'node', archives: ['core.tar'], gatewayApiCrds: [] },
  bookinfo: Object.fromEntries(BOOKINFO_WORKLOADS.map((name) => [name, `supplied/${name}`])) as CoreParts['bookinfo'],
  probeImage: 'supplied/probe',
  components: [{ name: 'k3d', version: '5' }],
};

it('leaves a supply’s images where nobody has others', () => {
  expect(withImages(PARTS, { bookinfo: {} })).toEqual(PARTS);
});

it('puts images of somebody’s own in their place, and says so', () => {
  const parts = withImages(PARTS, { bookinfo: { 'reviews-v2': 'own/reviews:2' }, probe: 'own/node' });
  expect(parts).toMatchObject({
    bookinfo: { 'reviews-v1': 'supplied/reviews-v1', 'reviews-v2': 'own/reviews:2' },
    probeImage: 'own/node',
    components: [{ name: 'k3d' }, { name: 'bookinfo-reviews-v2', image: 'own/reviews:2' }],
  });
});
