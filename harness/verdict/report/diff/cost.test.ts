import { describe, expect, it } from 'vitest';
import { defined } from '../../../common/defined.ts';
import { reportWith } from './testing/reports.ts';
import { compareCost } from './cost.ts';

const remedy = (applySeconds: number, requestsLost?: number) =>
  reportWith({
    type: 'remedy',
    remedy: 'manual',
    baseline: 'split',
    restarts: 7,
    applySeconds,
    convergeSeconds: 3,
    ...defined({ requestsLost }),
    support: '',
  });

describe('slower', () => {
  it.each([
    ['twice as long', 10, 20, false],
    ['more than that', 10, 20.1, true],
    ['many times as long, but seconds only', 0.1, 5.1, false],
    ['many times as long, and long enough', 0.1, 5.2, true],
    ['much longer, but not twice as long', 100, 150, false],
    ['faster', 20, 1, false],
  ])('%s', (_, old, now, told) => {
    const change = { kind: 'slower', what: 'manual from split, applied', old, new: now };
    expect(compareCost(remedy(old), remedy(now))).toEqual(told ? [change] : []);
  });

  it('counts a claim only if it passed in both runs', () => {
    const passed = (durationMs: number, status: 'passed' | 'failed' = 'passed') => {
      const report = reportWith();
      const [first, ...rest] = report.claims;
      return { ...report, claims: [...rest, { ...first!, durationMs, status }] };
    };
    expect(compareCost(passed(1_000), passed(9_000))).toEqual([
      { kind: 'slower', what: 'trust.split.fails', old: 1, new: 9 },
    ]);
    expect(compareCost(passed(1_000), passed(9_000, 'failed'))).toEqual([]);
    expect(compareCost(passed(1_000, 'failed'), passed(9_000))).toEqual([]);
  });
});

describe('requests lost', () => {
  it.each([
    ['the first one counts', 0, 1, true],
    ['none as before', 0, 0, false],
    ['as many, but for luck', 58, 73, false],
    ['few, though thrice as many', 5, 15, false],
    ['many more', 58, 117, true],
    ['fewer', 58, 0, false],
    ['not measured before', undefined, 58, false],
    ['not measured now', 58, undefined, false],
  ])('%s', (_, old, now, told) => {
    const change = { kind: 'moreLost', what: 'manual from split', old, new: now };
    expect(compareCost(remedy(1, old), remedy(1, now))).toEqual(told ? [change] : []);
  });

  it('compares a remedy with itself, from the same baseline', () => {
    const other = remedy(1, 9);
    const renamed = { ...other, remedies: other.remedies.map((one) => ({ ...one, baseline: 'joined' })) };
    expect(compareCost(remedy(1, 0), renamed)).toEqual([]);
  });
});

it('compares what upgrades took and lost', () => {
  const upgrade = (seconds: number, requestsLost: number) =>
    reportWith({
      ...{ type: 'upgrade', upgrade: 'canary, mesh plane first', from: '1.28.2', to: '1.29.1', proxies: [] },
      ...{ requests: 1500, seconds, requestsLost },
    });
  const what = 'upgrade canary, mesh plane first';
  expect(compareCost(upgrade(90, 0), upgrade(100, 0))).toEqual([]);
  expect(compareCost(upgrade(90, 0), upgrade(200, 1))).toEqual([
    { kind: 'slower', what, old: 90, new: 200 },
    { kind: 'moreLost', what, old: 0, new: 1 },
  ]);
});
