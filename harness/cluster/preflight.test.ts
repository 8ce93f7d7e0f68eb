import { ResourceUsage } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { assertNodes, judgeCapacity, judgeVersion } from './preflight.ts';

describe('the version of a cluster', () => {
  it.each([
    ['1', '35', 'good'],
    ['1', '30+', 'good'],
    ['1', '29', 'bad'],
    ['1', '9', 'bad'],
    ['2', '0', 'good'],
  ])('%s.%s is %s', (major, minor, state) => {
    expect(judgeVersion({ major, minor, gitVersion: `v${major}.${minor}.0` }).state).toBe(state);
  });
});

it('has as many nodes as claims need', () => {
  const node = { apiVersion: 'v1', kind: 'Node' };
  const objects = [node, node, { ...node, kind: 'Pod' }];
  expect(() => assertNodes(objects, 2)).not.toThrow();
  expect(() => assertNodes(objects, 3)).toThrow('The cluster has 2 of the 3 nodes that these claims need.');
});

describe('the capacity of a cluster', () => {
  const node = (cpu: [number, number], memory: [number, number], unschedulable = false) => ({
    Node: { spec: { unschedulable } },
    CPU: new ResourceUsage(cpu[0], cpu[1], 0),
    Memory: new ResourceUsage(memory[0] * 2 ** 30, memory[1] * 2 ** 30, 0),
  });

  it('is what nodes have and pods have not asked for', () => {
    expect(judgeCapacity([node([2, 0.5], [4, 1]), node([2, 0], [4, 0])])).toEqual({
      ...{ state: 'good', text: '3.5 CPUs and 7.0 GiB are left on 2 nodes.' },
    });
  });

  it.each([
    ['CPUs', node([0.5, 0.1], [4, 0]), '0.4 CPUs'],
    ['memory', node([4, 0], [4, 3]), '1.0 GiB'],
    ['a node that takes pods', node([4, 0], [8, 0], true), '0.0 GiB are left on 0 nodes'],
  ])('is too little without %s', (_, one, text) => {
    expect(judgeCapacity([one])).toEqual({ state: 'bad', text: expect.stringContaining(text) as string });
  });
});
