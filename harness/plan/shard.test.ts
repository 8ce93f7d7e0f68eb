import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClaimGroup, loadProfile, selectClaims } from './catalog.ts';
import { shardOf } from './shard.ts';

const needs = { addOns: [], olderVersion: false, agents: 0 };
const group = (name: string, minutes: number): ClaimGroup => ({ name, title: name, needs, claims: [], minutes });
const allShards = (groups: readonly ClaimGroup[], count: number) =>
  Array.from({ length: count }, (_, at) => shardOf(groups, { index: at + 1, count }));
const sum = (groups: readonly ClaimGroup[]) => groups.reduce((total, { minutes }) => total + minutes, 0);

const manyGroups = fc
  .array(fc.integer({ min: 1, max: 600 }), { maxLength: 20 })
  .map((sizes) => sizes.map((size, at) => group(`trust/g${at}`, size)));
const count = fc.integer({ min: 1, max: 25 });

describe('the shards of a run', () => {
  it('judge every group exactly once, in the order of the run', () => {
    fc.assert(
      fc.property(manyGroups, count, (groups, n) => {
        const shards = allShards(groups, n);
        const at = (one: ClaimGroup) => groups.indexOf(one);
        expect(
          shards
            .flat()
            .map(at)
            .sort((a, b) => a - b),
        ).toEqual(groups.map(at));
        for (const shard of shards) expect(shard.map(at)).toEqual(shard.map(at).sort((a, b) => a - b));
      }),
    );
  });

  it('take no longer than an even share and their longest group', () => {
    fc.assert(
      fc.property(manyGroups, count, (groups, n) => {
        const longest = Math.max(0, ...groups.map(({ minutes }) => minutes));
        for (const shard of allShards(groups, n)) {
          expect(sum(shard)).toBeLessThanOrEqual(sum(groups) / n + longest * (1 - 1 / n) + 1e-6);
        }
      }),
    );
  });

  it('are the same on every machine, in whatever order a file system lists the groups', () => {
    const names = (shards: ClaimGroup[][]) => shards.map((shard) => shard.map(({ name }) => name).sort());
    fc.assert(
      fc.property(manyGroups, count, (groups, n) => {
        expect(names(allShards(groups.toReversed(), n))).toEqual(names(allShards(groups, n)));
      }),
    );
  });

  it('get the longest group first', () => {
    const groups = [group('a', 1), group('b', 1), group('c', 2), group('d', 4)];
    expect(allShards(groups, 2).map((shard) => shard.map(({ name }) => name))).toEqual([['d'], ['a', 'b', 'c']]);
  });
});

describe('the profile trust', () => {
  it.each(['openshift-4.19', 'openshift-4.22'])('on %s keeps the minutes of two machines within a quarter', (name) => {
    const [one, two] = allShards(selectClaims('trust', name, []), 2);
    expect(Math.abs(sum(one!) - sum(two!))).toBeLessThan(sum(loadProfile('trust')) / 4);
  });

  it('gives its rotations a machine of their own where there are enough', () => {
    const shards = allShards(selectClaims('trust', 'openshift-4.22', []), 5);
    expect(shards.find((shard) => shard.some(({ name }) => name === 'trust/rotation'))).toHaveLength(1);
  });
});
