import { describe, expect, it } from 'vitest';
import { PASSING, shardReport } from './testing/example.ts';
import type { ConformanceReport } from './model.ts';
import { shardName } from './shard.ts';
import { shardsOf } from './shards.ts';

const stored = (folder: string, report: ConformanceReport) => ({ folder, file: `${folder}/conformance.yaml`, report });
const manual = stored('a', shardReport('1/2', 'trust.manual'));
const split = stored('b', shardReport('2/2', 'trust.split'));
const whole = { partial: false };

describe('the shards of a run', () => {
  it('are put in order', () => {
    const { present, missing } = shardsOf([split, manual], whole);
    expect(present.map(({ file, shard }) => [file, shard.index])).toEqual([
      ['a/conformance.yaml', 1],
      ['b/conformance.yaml', 2],
    ]);
    expect(missing).toEqual([]);
  });

  it('may be without a claim, or have failed before they chose a supply', () => {
    const idle = shardReport('2/2', '', { ...PASSING, supply: 'auto', supplyReason: 'not chosen yet' });
    expect(shardsOf([stored('b', idle), manual], whole).present).toHaveLength(2);
  });

  it('may be missing where a part is asked for', () => {
    const third = stored('c', shardReport('3/5', 'trust.split'));
    const { missing } = shardsOf([third], { partial: true });
    expect(missing.map(shardName)).toEqual(['1/5', '2/5', '4/5', '5/5']);
  });
});

describe('what is not the shards of one run is refused, with exit code 2:', () => {
  const { implementation } = PASSING;
  const planes = implementation.planes.map((plane) => ({ ...plane, version: '1.28.2' }));
  const other = (change: object) => stored('b', shardReport('2/2', 'trust.split', { ...PASSING, ...change }));

  it.each([
    ['another version of meshtrust', other({ run: { ...PASSING.run, tool: '0.2.0' } }), 'run.tool: 0.1.0; 0.2.0.'],
    ['another profile', other({ profile: 'edge' }), 'profile: trust; edge.'],
    ['another distribution', other({ distribution: 'upstream' }), 'distribution: openshift-4.22; upstream.'],
    ['another supply', other({ supply: 'registry' }), 'supply: source; registry.'],
    [
      'another Istio',
      other({ implementation: { ...implementation, planes } }),
      'implementation.planes: mesh 1.26.2; mesh 1.28.2.',
    ],
    ['another number of shards', stored('b', shardReport('2/3', 'trust.split')), 'run.shard: one of 2; one of 3.'],
  ])('%s', (_, odd, difference) => {
    const message = `a/conformance.yaml and b/conformance.yaml differ in ${difference}\nOnly shards of one run`;
    expect(() => shardsOf([manual, odd], whole)).toThrow(message);
    expect(() => shardsOf([manual, odd], { partial: true })).toThrow(message);
  });

  it.each([
    ['no report', [], 'There is no report to merge.'],
    [
      'a missing shard',
      [split],
      'Of the shards 1/2 is missing.\nAdd the missing reports, or merge what is there with --partial.',
    ],
    [
      'a whole run',
      [manual, stored('w', { ...manual.report, run: PASSING.run })],
      'w/conformance.yaml is not the report of a shard: its run.shard is missing.',
    ],
    [
      'a shard beyond the last',
      [manual, stored('w', { ...split.report, run: { ...PASSING.run, shard: '3/2' } })],
      'w/conformance.yaml is not the report of a shard: its run.shard is 3/2.',
    ],
    [
      'a shard that is there twice',
      [manual, stored('c', shardReport('1/2', 'trust.split')), split],
      'Shard 1/2 is there twice: a/conformance.yaml, c/conformance.yaml.',
    ],
    [
      'a claim that two shards judged',
      [manual, stored('b', shardReport('2/2', 'trust.manual'))],
      'trust.manual.leaf-issuer is there twice: a/conformance.yaml, b/conformance.yaml.\nGive all shards the same --only.',
    ],
  ])('%s', (_, reports, message) => {
    expect(() => shardsOf(reports, whole)).toThrow(expect.objectContaining({ kind: 'usage' }) as Error);
    expect(() => shardsOf(reports, whole)).toThrow(message);
  });

  it('a shard that is there twice, also where a part is asked for', () => {
    expect(() => shardsOf([manual, manual], { partial: true })).toThrow('Shard 1/2 is there twice');
  });
});
