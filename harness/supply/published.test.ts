import { expect, it } from 'vitest';
import { withPlacedImages } from './published.ts';

const place = (image: string) => `registry.example.com/team/${image}`;

it('puts the pushed image into every container of a workload, and leaves the rest of it', () => {
  const metadata = { name: 'webhook' };
  const pod = (image: string) => ({ serviceAccountName: 'w', containers: [{ name: 'one', image }, { name: 'two' }] });
  const deployment = (image: string) => ({
    kind: 'Deployment',
    metadata,
    spec: { replicas: 1, template: { spec: pod(image) } },
  });
  expect(withPlacedImages(deployment('webhook:1'), place)).toEqual(deployment('registry.example.com/team/webhook:1'));
});

it('leaves what runs nothing as it is', () => {
  const service = { kind: 'Service', metadata: { name: 'webhook' }, spec: { ports: [{ port: 443 }] } };
  expect(withPlacedImages(service, place)).toBe(service);
});
