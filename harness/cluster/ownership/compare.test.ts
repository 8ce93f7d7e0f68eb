import { describe, expect, it } from 'vitest';
import type { InventoryObject } from '../kube/inventory.ts';
import { compareInventories } from './compare.ts';

const map = (name: string, more: Partial<InventoryObject> = {}): InventoryObject => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name, uid: `uid of ${name}`, labels: {} },
  ...{ managers: ['kubectl'], created: '', owned: false },
  ...more,
});
const inventory = (...objects: InventoryObject[]) => ({ objects, unread: [] });
const NONE = { added: [], gone: [], changed: [], givenBack: [] };

describe('compareInventories', () => {
  const before = inventory(map('a'), map('b'));

  it('finds no difference between equal ones, in whatever order', () => {
    expect(compareInventories(before, inventory(map('b'), map('a')))).toEqual({ before: 2, after: 2, ...NONE });
  });

  it('names what has come, what has gone, and what was made anew under its old name', () => {
    expect(compareInventories(before, inventory(map('b', { uid: 'another' }), map('c')))).toEqual({
      ...{ before: 2, after: 2, ...NONE },
      added: ['ConfigMap default/b', 'ConfigMap default/c'],
      gone: ['ConfigMap default/a', 'ConfigMap default/b'],
    });
  });

  it('names what says something else, and apart from it what only was changed back', () => {
    const then = inventory(map('a', { digest: '1', generation: 1 }), map('b', { digest: '2', generation: 1 }));
    const now = inventory(map('a', { digest: '9', generation: 2 }), map('b', { digest: '2', generation: 3 }));
    expect(compareInventories(then, now)).toEqual({
      ...{ before: 2, after: 2, ...NONE },
      changed: ['ConfigMap default/a'],
      givenBack: ['ConfigMap default/b'],
    });
  });

  it('leaves out what comes and goes with something else', () => {
    const pod = map('pod', { kind: 'Pod', owned: true });
    expect(compareInventories(inventory(map('a'), pod), inventory(map('a')))).toEqual({ before: 1, after: 1, ...NONE });
  });
});
