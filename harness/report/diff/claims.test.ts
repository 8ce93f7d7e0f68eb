import { expect, it } from 'vitest';
import { compareClaims } from './claims.ts';
import { reportOf } from './testing/reports.ts';

type Statuses = Parameters<typeof reportOf>[0];
const changes = (old: Statuses, now: Statuses) =>
  compareClaims(reportOf(old).claims, reportOf(now).claims).map(
    (change) => `${change.kind}: ${change.old} → ${change.new}`,
  );

it.each<[Statuses, Statuses, string[]]>([
  [{ a: 'passed' }, { a: 'passed' }, []],
  [{ a: 'passed' }, { a: 'failed' }, ['newlyFailing: passed → failed']],
  [{ a: 'notRun' }, { a: 'failed' }, ['newlyFailing: notRun → failed']],
  [{}, { a: 'failed' }, ['newlyFailing: absent → failed']],
  [{ a: 'failed' }, { a: 'failed' }, ['stillFailing: failed → failed']],
  [{ a: 'failed' }, { a: 'passed' }, ['newlyPassing: failed → passed']],
  [{ a: 'skipped' }, { a: 'passed' }, ['newlyPassing: skipped → passed']],
  [{ a: 'passed' }, { a: 'notRun' }, ['missing: passed → notRun']],
  [{ a: 'failed' }, { a: 'skipped' }, ['missing: failed → skipped']],
  [{ a: 'passed' }, {}, ['missing: passed → absent']],
  [{ a: 'skipped' }, { a: 'notRun' }, []],
  [{ a: 'skipped' }, {}, []],
  [{}, { a: 'passed' }, ['newClaim: absent → passed']],
  [{}, { a: 'notRun' }, ['newClaim: absent → notRun']],
])('from %j to %j', (old, now, expected) => {
  const named = (statuses: Statuses) =>
    Object.fromEntries(Object.entries(statuses).map(([id, status]) => [`trust.x.${id}`, status]));
  expect(changes(named(old), named(now))).toEqual(expected);
});

it('says why a claim fails', () => {
  const [old, now] = [reportOf({ 'trust.x.a': 'passed' }), reportOf({ 'trust.x.a': 'failed' })];
  expect(compareClaims(old.claims, now.claims)).toMatchObject([{ what: 'trust.x.a', reason: 'trust.x.a is failed' }]);
});
