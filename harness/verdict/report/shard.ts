/** One of the `count` machines that share a run; `index` counts from 1. */
export interface Shard {
  index: number;
  count: number;
}

/** Reads `2/3`, as `--shard` and a report's `run.shard` have it: 1 ≤ index ≤ count ≤ 999. Undefined for anything else. */
export function parseShard(text: string): Shard | undefined {
  const [, index, count] = /^([1-9]\d{0,2})\/([1-9]\d{0,2})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  return shard.index <= shard.count ? shard : undefined;
}

export const shardName = ({ index, count }: Shard): string => `${index}/${count}`;
