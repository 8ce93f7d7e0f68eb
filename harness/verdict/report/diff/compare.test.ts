import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildReport } from '../build.ts';
import { reportDigest } from '../digest.ts';
import { EXAMPLE } from '../testing/example.ts';
import type { ConformanceReport } from '../model.ts';
import { compareReports, hasRegressed } from './compare.ts';
import type { ChangeKind, ReportDiff } from './model.ts';
import { labGraph, reportOf, reportWith } from './testing/reports.ts';

const lenient = { strict: false };
const [joined, again, split] = [await labGraph(), await labGraph(), await labGraph({ joined: false })];
const drawn = (...graphs: (typeof joined)[]) =>
  reportWith(...graphs.map((graph, index) => ({ type: 'graph' as const, title: `moment ${index}`, graph })));

const verdict = fc.constantFrom('passed' as const, 'failed' as const);
const status = fc.oneof(verdict, fc.constantFrom('skipped' as const, 'notRun' as const));
const claimsOf = <T>(one: fc.Arbitrary<T>) => fc.dictionary(fc.constantFrom('t.a', 't.b', 't.c', 't.d', 't.e'), one);
const named = ({ changes }: ReportDiff, kind: ChangeKind) =>
  changes.flatMap((change) => (change.kind === kind ? [change.what] : [])).sort();

describe('for any runs', () => {
  it('a run is no different from itself', () =>
    fc.assert(
      fc.property(claimsOf(status), fc.boolean(), (statuses, strict) => {
        const report = reportOf(statuses);
        const diff = compareReports(report, report, { strict });
        expect(diff.changes.filter(({ kind }) => kind !== 'stillFailing')).toEqual([]);
        expect(hasRegressed(diff)).toBe(false);
      }),
    ));

  it('the order of claims does not matter', () =>
    fc.assert(
      fc.property(claimsOf(status), claimsOf(status), (old, now) => {
        const reversed = (report: ConformanceReport) => ({ ...report, claims: report.claims.toReversed() });
        const [a, b] = [reportOf(old), reportOf(now)];
        const unordered = ({ changes }: ReportDiff) => new Set(changes.map((change) => JSON.stringify(change)));
        const turned = compareReports(reversed(a), reversed(b), lenient);
        expect(unordered(turned)).toEqual(unordered(compareReports(a, b, lenient)));
      }),
    ));

  it('what newly fails one way newly passes the other way, where both had a verdict', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(verdict, verdict), { maxLength: 6 }), (claims) => {
        const run = (at: 0 | 1) => reportOf(Object.fromEntries(claims.map((both, index) => [`t.c${index}`, both[at]])));
        const [there, back] = [compareReports(run(0), run(1), lenient), compareReports(run(1), run(0), lenient)];
        expect(named(there, 'newlyFailing')).toEqual(named(back, 'newlyPassing'));
        expect(named(there, 'newlyPassing')).toEqual(named(back, 'newlyFailing'));
        expect(named(there, 'stillFailing')).toEqual(named(back, 'stillFailing'));
        expect(hasRegressed(there)).toBe(named(there, 'newlyFailing').length > 0);
      }),
    ));
});

it('finds two green runs equal, whatever their keys, pods, ids and times', () => {
  const run = { id: 'mt-2', started: '2026-05-05T10:00:00Z', finished: '2026-05-05T10:05:00Z', tool: EXAMPLE.run.tool };
  const repeated = { ...drawn(again, split), run };
  const diff = compareReports(drawn(joined, split), { ...repeated, digest: reportDigest(repeated) }, { strict: true });
  expect(diff).toMatchObject({
    changes: [],
    notes: [],
    old: { id: 'mt-1' },
    new: { id: 'mt-2', result: 'conformant' },
  });
});

it('calls a conversation that broke a regression, by the moment of the run, and what else changed only if strict', () => {
  const regressions = (strict: boolean) =>
    compareReports(drawn(split, joined), drawn(joined, split), { strict }).changes.flatMap((change) =>
      change.regression ? [`${change.kind} ${change.what}`] : [],
    );
  const broken = 'newlyBroken moment 1: edge/gate → shop/cart-v1 and shop/till-v1';
  expect(regressions(false)).toEqual([broken]);
  const root = (moment: number) => `trust moment ${moment}: root "CN=SM Root CA" (P-256)`;
  expect(regressions(true)).toEqual([broken, root(0), root(1)]);
});

it('misses a graph that is not there any more, and minds only if strict', () => {
  const missing = { kind: 'trust', what: 'moment 1: graph', old: 'present', new: 'absent' };
  const diff = (strict: boolean) => compareReports(drawn(joined, split), drawn(joined), { strict }).changes;
  expect(diff(false)).toEqual([{ ...missing, regression: false }]);
  expect(diff(true)).toEqual([{ ...missing, regression: true }]);
});

it('minds circumstances in no case, and versions only if strict', () => {
  const environment = { ...EXAMPLE.environment, cpus: 1, kubernetes: '1.0' };
  const [old, now] = [buildReport(EXAMPLE), buildReport({ ...EXAMPLE, environment })];
  const regressions = (strict: boolean) =>
    compareReports(old, now, { strict }).changes.map(({ kind, regression }) => [kind, regression]);
  const still = ['stillFailing', false];
  expect(regressions(false)).toEqual([still, ['version', false], ['unlike', false]]);
  expect(regressions(true)).toEqual([still, ['version', true], ['unlike', false]]);
});

it('notes a digest that does not hold, and a fight in both runs', async () => {
  const fight = [
    await labGraph({ joined: false, fight: 'mesh' }),
    await labGraph({ joined: false, fight: 'gateway' }),
  ] as const;
  const { notes, changes } = compareReports({ ...drawn(fight[0]), notes: ['forged'] }, drawn(fight[1]), lenient);
  expect(changes).toEqual([]);
  expect(notes).toEqual([
    'The digest of the old report does not hold: it was changed after its run.',
    expect.stringMatching(/^moment 0: planes under different roots overwrite .* was not compared\.$/),
  ]);
});
