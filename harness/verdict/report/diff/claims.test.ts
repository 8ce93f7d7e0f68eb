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

const failing = (...about: (string | undefined)[]) => {
  const report = reportOf({ 'trust.x.a': 'failed' });
  const faults = about.map((whom) => ({ ...(whom === undefined ? {} : { about: whom }), sentence: 'it is wrong' }));
  return report.claims.map((claim) => ({ ...claim, faults }));
};

it('tells about whom a claim fails that has failed before, whatever its pods are called now', () => {
  const old = failing('shop/cart-v1-774b7654c7-kqmmp', 'shop/till-v1-5d6f5b69-t7bsn');
  const now = failing('shop/till-v1-6f66cdb68f-cq827', 'shop/cart-v1-7c464df856-jc2g9');
  expect(compareClaims(old, now)).toMatchObject([{ kind: 'stillFailing' }]);
  expect(compareClaims(old, failing('shop/cart-v1-7c464df856-jc2g9', undefined))).toMatchObject([
    { kind: 'failsOtherwise', old: 'shop/cart-v1 and shop/till-v1', new: 'nobody in particular and shop/cart-v1' },
  ]);
});

it('says why a claim fails', () => {
  const [old, now] = [reportOf({ 'trust.x.a': 'passed' }), reportOf({ 'trust.x.a': 'failed' })];
  expect(compareClaims(old.claims, now.claims)).toMatchObject([{ what: 'trust.x.a', reason: 'trust.x.a is failed' }]);
});
