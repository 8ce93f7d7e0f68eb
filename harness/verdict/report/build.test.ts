import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { defined } from '../../common/defined.ts';
import { buildReport } from './build.ts';
import { reportDigest } from './digest.ts';
import type { RunEvent } from './events.ts';
import { BROKEN, EXAMPLE, PASSING, shardReport } from './testing/example.ts';
import type { RunFailure } from './model.ts';
import { exitCodeFor } from './verdict.ts';

describe('claims', () => {
  it('gives every planned claim its result, and those without one a reason', () => {
    const { claims, summary, result } = buildReport(EXAMPLE);
    expect(claims.map(({ id, status, reason }) => [id, status, reason])).toEqual([
      ['trust.split.fails', 'passed', undefined],
      [
        'trust.manual.leaf-issuer',
        'failed',
        'leaf of reviews-v1 is issued by O=cluster.local\nexpected CN=mesh intermediate',
      ],
      ['trust.manual.churn', 'notSupported', 'both planes write one name'],
      ['trust.manual.peer', 'notRun', 'the suite reported no result'],
    ]);
    expect(summary).toEqual({ passed: 1, failed: 1, skipped: 0, notSupported: 1, notRun: 1 });
    expect(result).toBe('notConformant');
  });

  it('lets the worst of several results count, whatever came last', () => {
    const again: RunEvent = { type: 'claim', id: 'trust.split.fails', status: 'failed', durationMs: 1, evidence: [] };
    const report = buildReport({ ...PASSING, events: [again, ...PASSING.events] });
    expect(report.claims[0]).toMatchObject({ status: 'failed', reason: 'reported as failed without a reason' });
    expect(report.notes).toContain('the suite reported trust.split.fails 2 times, the worst counts: failed, passed');
  });

  it('notes results nobody planned, and never calls a run conformant in which one of them failed', () => {
    const stray: RunEvent = { type: 'claim', id: 'trust.other', status: 'failed', durationMs: 1, evidence: [] };
    const report = buildReport({ ...PASSING, events: [...PASSING.events, stray] });
    expect(report.notes.at(-1)).toBe('the suite reported trust.other, which was not planned: failed');
    expect(report.result).toBe('notConformant');
  });

  it('says why nothing ran when the lab did not come up', () => {
    const report = buildReport(BROKEN);
    expect(new Set(report.claims.map((claim) => claim.reason))).toEqual(
      new Set(['the run ended in phase «cluster»: k3d could not create the cluster']),
    );
    expect(report).toMatchObject({ result: 'incomplete', failure: { phase: 'cluster', kind: 'lab' } });
  });
});

describe('the verdict', () => {
  const withOne = (id: string, status: 'skipped' | 'notSupported', reason?: string) =>
    buildReport({
      ...PASSING,
      events: PASSING.events.map((event) =>
        event.type === 'claim' && event.id === id ? { ...event, status, ...defined({ reason }) } : event,
      ),
    }).result;

  it('is conformant when everything passed', () => expect(buildReport(PASSING).result).toBe('conformant'));
  it('is never conformant without claims', () =>
    expect(buildReport({ ...PASSING, planned: [], events: [] }).result).toBe('incomplete'));
  it('forgives an extended claim that says why', () =>
    expect(withOne('trust.manual.churn', 'notSupported', 'old version')).toBe('conformant'));
  it('does not forgive an extended claim that does not', () =>
    expect(withOne('trust.manual.churn', 'skipped')).toBe('incomplete'));
  it('does not forgive a core claim', () =>
    expect(withOne('trust.manual.peer', 'skipped', 'no time')).toBe('incomplete'));
  it('is not conformant on forgiven claims alone', () =>
    expect(
      buildReport({
        ...PASSING,
        planned: PASSING.planned.filter((claim) => claim.level === 'extended'),
        events: [
          { type: 'claim', id: 'trust.manual.churn', status: 'skipped', reason: 'x', durationMs: 0, evidence: [] },
        ],
      }).result,
    ).toBe('incomplete'));

  it('is no better than what is known beside the claims, and no worse than they are', () => {
    expect(buildReport({ ...PASSING, atBest: 'incomplete' }).result).toBe('incomplete');
    expect(buildReport({ ...PASSING, atBest: 'notConformant' }).result).toBe('notConformant');
    expect(buildReport({ ...EXAMPLE, atBest: 'incomplete' }).result).toBe('notConformant');
  });

  it('is not asked of a shard: it has done its part when nothing is left open', () => {
    const excused = buildReport({
      ...PASSING,
      run: { ...PASSING.run, shard: '1/2' },
      planned: PASSING.planned.filter(({ level }) => level === 'extended'),
      events: [
        { type: 'claim', id: 'trust.manual.churn', status: 'skipped', reason: 'x', durationMs: 0, evidence: [] },
      ],
    });
    expect([excused.result, exitCodeFor(excused)]).toEqual(['incomplete', 0]);
    expect(exitCodeFor({ ...excused, run: PASSING.run })).toBe(1);
    const idle = shardReport('2/2', '');
    expect([idle.claims, idle.result, exitCodeFor(idle)]).toEqual([[], 'incomplete', 0]);
    const broken = shardReport('1/2', 'trust.manual', BROKEN);
    expect([exitCodeFor(broken), exitCodeFor({ ...broken, failure: undefined } as never)]).toEqual([4, 1]);
    expect(exitCodeFor({ ...excused, result: 'notConformant' })).toBe(1);
  });

  it('becomes the exit code', () => {
    const failed = (kind: RunFailure['kind']) =>
      exitCodeFor(buildReport({ ...PASSING, failure: { phase: 'lab', kind, message: 'x' } }));
    expect([exitCodeFor(buildReport(PASSING)), exitCodeFor(buildReport(EXAMPLE))]).toEqual([0, 1]);
    expect((['usage', 'environment', 'lab', 'bug', 'interrupted'] as const).map(failed)).toEqual([2, 3, 4, 5, 130]);
    expect(exitCodeFor(buildReport({ ...PASSING, events: [] }))).toBe(1);
  });
});

describe('the digest', () => {
  it('covers every part of the report, but not the order of its keys', () => {
    const report = buildReport(EXAMPLE);
    expect(report.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(reportDigest(Object.fromEntries(Object.entries(report).reverse()) as never)).toBe(report.digest);
    const [first, ...rest] = report.claims;
    expect(reportDigest({ ...report, claims: [{ ...first!, status: 'failed' }, ...rest] })).not.toBe(report.digest);
    expect(reportDigest({ ...report, claims: [...rest, first!] })).not.toBe(report.digest);
    expect(reportDigest({ ...report, notes: [] })).not.toBe(report.digest);
  });
});

describe('hostile text', () => {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });

  it('is freed of escape sequences, control characters and half surrogates', () => {
    const message =
      '\u001b[31mred\u001b[0m\u0007 \u202Ereversed\ud800 \u001b]8;;http://x\u0007link\u001b]8;;\u0007\r\nnext\tcell';
    const report = buildReport({ ...BROKEN, failure: { phase: 'x', kind: 'bug', message } });
    expect(report.failure?.message).toBe('red reversed\ufffd link\nnext\tcell');
  });

  it('carries no key, not even one cut in pieces by colours', () => {
    const coloured = privateKey
      .replaceAll('\n', '\u001b[0m\n\u001b[32m')
      .replaceAll('PRIVATE', '\u001b[1m$&\u001b[22m');
    const report = buildReport({
      ...BROKEN,
      notes: [coloured],
      failure: { phase: 'x', kind: 'bug', message: privateKey },
    });
    expect(report.notes[0]).toBe('[redacted private key]\n');
    expect(report.failure?.message).toBe('[redacted private key]\n');
    expect(report.claims[0]?.reason).toBe('the run ended in phase «x»: [redacted private key]');
  });
});
