import type { Shard } from '../verdict/report/shard.ts';
import type { ClaimGroup } from './catalog.ts';

/**
 * The groups that one shard judges, in the order given: the longest group first, each into the shard that has the least
 * to do so far, so that every machine finds the same division by itself. All shards together judge every group once;
 * where there are more shards than groups, the last ones judge none.
 */
export function shardOf(groups: readonly ClaimGroup[], shard: Shard): ClaimGroup[] {
  const minutes = Array.from({ length: shard.count }, () => 0);
  const mine = new Set<ClaimGroup>();
  for (const group of groups.toSorted((a, b) => b.minutes - a.minutes || (a.name < b.name ? -1 : 1))) {
    const least = Math.min(...minutes);
    const emptiest = minutes.indexOf(least);
    minutes[emptiest] = least + group.minutes;
    if (emptiest === shard.index - 1) mine.add(group);
  }
  return groups.filter((group) => mine.has(group));
}
