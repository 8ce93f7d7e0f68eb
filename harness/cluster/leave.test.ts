import { describe, expect, it } from 'vitest';
import type { InventoryObject } from '../kube/inventory.ts';
import { compareInventories, isLeftByController } from './leave.ts';

const map = (name: string, more: Partial<InventoryObject> = {}): InventoryObject => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name, uid: `uid of ${name}`, labels: {} },
  managers: ['kubectl'],
  ...more,
});

describe('compareInventories', () => {
  const before = { objects: [map('a'), map('b')], unread: [] };

  it('finds no difference between equal ones, in whatever order', () => {
    expect(compareInventories(before, { objects: [map('b'), map('a')], unread: [] })).toEqual({
      ...{ before: 2, after: 2, added: [], gone: [], unread: [] },
    });
  });

  it('names what has come, what has gone, and what was made anew under its old name', () => {
    const after = { objects: [map('b', { uid: 'another' }), map('c')], unread: ['v1 Secret: 403'] };
    expect(compareInventories(before, after)).toEqual({
      ...{ before: 2, after: 2, unread: ['v1 Secret: 403'] },
      added: ['ConfigMap default/b', 'ConfigMap default/c'],
      gone: ['ConfigMap default/a', 'ConfigMap default/b'],
    });
  });
});

describe('what the planes leave outside of their namespaces', () => {
  it.each([
    ['a root ConfigMap', map('istio-ca-root-cert', { managers: ['pilot-discovery'] }), true],
    ['a ConfigMap of somebody else', map('settings'), false],
    [
      'one that somebody else has written to as well',
      map('roots', { managers: ['pilot-discovery', 'kubectl'] }),
      false,
    ],
    ['one that nobody says they made', map('roots', { managers: [] }), false],
    ['a Secret, whoever made it', map('key', { kind: 'Secret', managers: ['pilot-discovery'] }), false],
    ['cert-manager’s lease', map('cert-manager-controller', { kind: 'Lease', namespace: 'kube-system' }), true],
    ['another lease', map('scheduler', { kind: 'Lease', namespace: 'kube-system' }), false],
  ])('%s', (_, object, expected) => {
    expect(isLeftByController(object)).toBe(expected);
  });
});
