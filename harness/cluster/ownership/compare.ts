import { groupOf, identityOf, type Inventory, type InventoryObject } from '../kube/inventory.ts';

/** How a cluster is left, against how it was found; objects by group, kind and name. */
export interface Removal {
  /** Number of objects before and after. */
  before: number;
  after: number;
  /** What is there and was not, and what was there and is not. */
  added: string[];
  gone: string[];
  /** The same objects as before, which say something else now. */
  changed: string[];
  /** The same objects as before, which say what they said: changed meanwhile, and changed back. */
  givenBack: string[];
  /** Kinds that could not be listed. */
  unread: string[];
  /** What was left on purpose, with the reason: somebody has put something of theirs in there, a sentence each. */
  kept: string[];
}

/**
 * By identity and UID, for an object that was deleted and made again is another one, and by what they say. What belongs
 * to another object comes and goes with it, and is not compared.
 */
export function compareInventories(before: Inventory, after: Inventory): Omit<Removal, 'kept' | 'unread'> {
  // What could not be read on either side is not compared.
  const unread = [...before.unread, ...after.unread];
  const isRead = ({ apiVersion, kind }: InventoryObject) =>
    !unread.some((one) => groupOf(apiVersion) === one.group && (one.kind === undefined || one.kind === kind));
  const [former, current] = [byUid(before.objects.filter(isRead)), byUid(after.objects.filter(isRead))];
  const only = (these: Map<string, InventoryObject>, those: Map<string, InventoryObject>) =>
    [...these]
      .filter(([key]) => !those.has(key))
      .map(([, object]) => identityOf(object))
      .sort();
  const same = [...current].flatMap(([key, now]) => {
    const then = former.get(key);
    return then === undefined ? [] : [{ name: identityOf(now), then, now }];
  });
  const isOther = ({ then, now }: (typeof same)[number]) => then.digest !== undefined && then.digest !== now.digest;
  return {
    before: former.size,
    after: current.size,
    added: only(current, former),
    gone: only(former, current),
    changed: same.filter(isOther).map(({ name }) => name),
    givenBack: same
      .filter((one) => !isOther(one) && one.then.digest !== undefined && one.then.generation !== one.now.generation)
      .map(({ name }) => name),
  };
}

const byUid = (objects: readonly InventoryObject[]): Map<string, InventoryObject> =>
  new Map(objects.filter(({ owned }) => !owned).map((object) => [`${identityOf(object)} ${object.uid}`, object]));
