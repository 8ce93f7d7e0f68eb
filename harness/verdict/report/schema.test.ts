import { expect, it } from 'vitest';
import { buildReport } from './build.ts';
import { BROKEN, EXAMPLE, PASSING, UPGRADED } from './testing/example.ts';
import { validateReport } from './schema.ts';

const report = buildReport(EXAMPLE);
const [first, ...rest] = report.claims;

const SHARD = { ...PASSING, run: { ...PASSING.run, shard: '2/3' } };

it.each([EXAMPLE, PASSING, BROKEN, SHARD, UPGRADED])('accepts what buildReport makes', (input) => {
  expect(validateReport(buildReport(input))).toEqual([]);
});

it('names the place and what would be right', () => {
  expect(validateReport({ ...report, claims: [{ ...first, status: 'fine' }, ...rest] })).toContain(
    '/claims/0/status must be equal to one of the allowed values: passed, failed, skipped, notSupported, notRun',
  );
  const { digest: _, ...undigested } = report;
  expect(validateReport(undigested)).toEqual(["/ must have required property 'digest'"]);
  expect(validateReport({ ...report, verdict: 'ok' })).toEqual(['/ must NOT have additional properties: verdict']);
  expect(validateReport(null)).toEqual(['/ must be object']);
});

it.each([
  ['a failed claim without a reason', { claims: [{ ...first, status: 'failed' }, ...rest] }],
  ['evidence outside the report', { claims: [{ ...first, evidence: ['evidence/../../x'] }, ...rest] }],
  ['evidence with an absolute path', { claims: [{ ...first, evidence: ['/etc/passwd'] }, ...rest] }],
  ['a time without a zone', { run: { ...report.run, started: '2026-05-04T10:00:00' } }],
  ['a shard that is none', { run: { ...report.run, shard: '0/3' } }],
  ['a negative count', { summary: { ...report.summary, passed: -1 } }],
  ['a conformant report with a failed claim', { result: 'conformant' }],
  ['a conformant report that ended early', { ...buildReport(PASSING), failure: buildReport(BROKEN).failure }],
  ['a digest that is none', { digest: 'md5:0' }],
])('rejects %s', (_what, change) => {
  expect(validateReport({ ...report, ...change })).not.toEqual([]);
});
