import { describe, expect, it } from 'vitest';
import { defined } from '../common/defined.ts';
import type { Inventory, InventoryObject } from './kube/inventory.ts';
import { foreignMeshes, planAround, pluggedIn } from './conflicts.ts';

const object = (apiVersion: string, kind: string, name: string, more: Partial<InventoryObject> = {}) => ({
  ...{ apiVersion, kind, name, uid: name, labels: {}, managers: [], created: '', owned: false },
  ...more,
});
const inventory = (...objects: InventoryObject[]): Inventory => ({ objects, unread: [] });
const wanted = (apiVersion: string, kind: string, name: string, namespace?: string) => ({
  ...{ apiVersion, kind },
  metadata: { name, ...defined({ namespace }) },
});

describe('planAround', () => {
  const CRD = ['apiextensions.k8s.io/v1', 'CustomResourceDefinition'] as const;

  it('makes what is not there, and shares the CRDs that are', () => {
    const there = inventory(object(...CRD, 'gateways.gateway.networking.k8s.io'));
    const objects = [
      wanted(...CRD, 'gateways.gateway.networking.k8s.io'),
      wanted(...CRD, 'sidecars.networking.istio.io'),
      wanted('v1', 'Namespace', 'bookinfo'),
    ];
    expect(planAround(there, objects)).toEqual({
      shared: ['CustomResourceDefinition.apiextensions.k8s.io gateways.gateway.networking.k8s.io'],
      conflicts: [],
    });
  });

  it('uses as it is whatever else can be shared', () => {
    const objects = [wanted('v1', 'Namespace', 'istio-system'), wanted('v1', 'Namespace', 'bookinfo')];
    const there = inventory(...objects.map(({ metadata: { name } }) => object('v1', 'Namespace', name)));
    expect(planAround(there, objects, ({ metadata }) => metadata?.name === 'istio-system')).toEqual({
      shared: ['Namespace istio-system'],
      conflicts: ['Namespace bookinfo is there already'],
    });
  });

  it('names what would be overwritten, in whatever version of its API', () => {
    const there = inventory(
      object('v1', 'Namespace', 'bookinfo'),
      object('policy/v1beta1', 'PodDisruptionBudget', 'istiod', { namespace: 'istio-system' }),
      object('v1', 'Service', 'istiod', { namespace: 'elsewhere' }),
    );
    const objects = [
      wanted('v1', 'Namespace', 'bookinfo'),
      wanted('policy/v1', 'PodDisruptionBudget', 'istiod', 'istio-system'),
      wanted('v1', 'Service', 'istiod', 'istio-system'),
    ];
    expect(planAround(there, objects).conflicts).toEqual([
      'Namespace bookinfo is there already',
      'PodDisruptionBudget.policy istio-system/istiod is there already',
    ]);
  });
});

it('does not let a plugged-in CA of others be replaced', () => {
  const secret = (name: string, namespace: string) => object('v1', 'Secret', name, { namespace });
  const there = inventory(secret('cacerts', 'mesh'), secret('istio-ca-secret', 'mesh'), secret('cacerts', 'shop'));
  expect(pluggedIn(there, new Set(['mesh']))).toEqual([
    'Secret mesh/cacerts is there already: the plane has a plugged-in CA, which a run would replace',
  ]);
  expect(pluggedIn(there, new Set())).toEqual([]);
});

describe('foreignMeshes', () => {
  const istiod = object('apps/v1', 'Deployment', 'istiod', { namespace: 'mesh', labels: { app: 'istiod' } });
  const asking = object('v1', 'Namespace', 'shop', { labels: { 'istio-injection': 'enabled' } });

  it('names control planes and namespaces that ask for sidecars', () => {
    expect(foreignMeshes(inventory(istiod, asking))).toEqual([
      'another Istio control plane is there: mesh/istiod',
      'namespace shop asks for sidecars, and would get those of the lab',
    ]);
  });

  it('leaves those alone that are the run’s own, or ask for none', () => {
    const declining = object('v1', 'Namespace', 'db', { labels: { 'istio-injection': 'disabled' } });
    expect(foreignMeshes(inventory(istiod, declining), new Set(['mesh']))).toEqual([]);
  });
});
