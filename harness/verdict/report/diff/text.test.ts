import { expect, it } from 'vitest';
import { buildReport } from '../build.ts';
import { EXAMPLE, HOSTILE } from '../testing/example.ts';
import { compareReports } from './compare.ts';
import { renderDiff } from './text.ts';
import { reportOf, reportWith } from './testing/reports.ts';

const plainly = { colour: false };
const [broken, whole] = [buildReport(EXAMPLE), reportWith()];
const diff = compareReports(whole, broken, { strict: false });

it('tells the whole story', () => {
  const [first, ...rest] = broken.claims;
  const slow = { ...broken, claims: [{ ...first!, durationMs: 70_000 }, ...rest] };
  expect(renderDiff(compareReports(whole, slow, { strict: false }), plainly)).toMatchInlineSnapshot(`
    "old: mt-1 of 2026-05-04T10:00:00Z, conformant: 4 of 4 claims passed (trust, openshift-4.22, supply source)
    new: mt-1 of 2026-05-04T10:00:00Z, not conformant: 1 of 4 claims failed, 1 passed, 1 not supported, 1 not run (trust, openshift-4.22, supply source)

    Newly failing
      ✖ trust.manual.leaf-issuer: passed → failed
          leaf of reviews-v1 is issued by O=cluster.local
          expected CN=mesh intermediate

    Missing now
      ✖ trust.manual.churn: passed → notSupported
          both planes write one name
      ✖ trust.manual.peer: passed → notRun
          the suite reported no result

    Slower
      – trust.split.fails: 1 ms → 1 min 10 s

    Issuers and roots
      – the split: graph: absent → present

    note: The digest of the new report does not hold: it was changed after its run.

    regression: 3 of 5 changes
    "
  `);
});

it('is short when nothing changed', () =>
  expect(renderDiff(compareReports(whole, whole, { strict: true }), plainly)).toMatchInlineSnapshot(`
    "old: mt-1 of 2026-05-04T10:00:00Z, conformant: 4 of 4 claims passed (trust, openshift-4.22, supply source)
    new: mt-1 of 2026-05-04T10:00:00Z, conformant: 4 of 4 claims passed (trust, openshift-4.22, supply source)

    no change
    "
  `));

it.each([
  [{ 't.a': 'failed' }, { 't.a': 'failed' }, 'no change (1 claim still fails)'],
  [{ 't.a': 'failed', 't.b': 'failed' }, { 't.a': 'failed', 't.b': 'failed' }, 'no change (2 claims still fail)'],
  [{ 't.a': 'failed' }, { 't.a': 'passed' }, 'no regression: 1 change'],
  [{ 't.a': 'passed', 't.b': 'failed' }, { 't.a': 'failed', 't.b': 'passed' }, 'regression: 1 of 2 changes'],
] as const)('concludes from %j to %j', (old, now, conclusion) => {
  const text = renderDiff(compareReports(reportOf(old), reportOf(now), { strict: false }), plainly);
  expect(text.trimEnd().split('\n').at(-1)).toBe(conclusion);
});

it('colours only when told to, and lets nothing steer the terminal', () => {
  expect(renderDiff(diff, { colour: true })).toContain('\u001b[31m✖\u001b[39m trust.manual.leaf-issuer');
  const hostile = renderDiff(compareReports(whole, HOSTILE, { strict: false }), plainly);
  expect(hostile).not.toContain('\u001b');
  expect(hostile).toContain('😀');
});
