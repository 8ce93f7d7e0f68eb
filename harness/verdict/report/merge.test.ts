import { describe, expect, it } from 'vitest';
import { buildReport, type ReportInput } from './build.ts';
import { reportDigest } from './digest.ts';
import type { RunEvent } from './events.ts';
import { BROKEN, EXAMPLE, PASSING, shardReport, UPGRADED } from './testing/example.ts';
import { mergeReports } from './merge.ts';
import type { ConformanceReport } from './model.ts';
import { validateReport } from './schema.ts';
import { shardsOf } from './shards.ts';
import { exitCodeFor } from './verdict.ts';

/** Merges reports after a look at the result, which has to be a valid one. */
function merged(reports: readonly ConformanceReport[], partial = false): ConformanceReport {
  const stored = reports.map((report, at) => ({ folder: `${at}`, file: `${at}/conformance.yaml`, report }));
  const report = mergeReports(shardsOf(stored, { partial }));
  expect(validateReport(report)).toEqual([]);
  expect(report.digest).toBe(reportDigest(report));
  return report;
}

const both = (input: ReportInput, other = input) => [
  shardReport('1/2', 'trust.split', input),
  shardReport('2/2', 'trust.manual', other),
];

describe('a merged report', () => {
  it('has the verdict, the counts and the claims of the whole run', () => {
    for (const input of [PASSING, EXAMPLE]) {
      const [report, whole] = [merged(both(input)), buildReport(input)];
      expect([report.result, report.summary]).toEqual([whole.result, whole.summary]);
      expect(report.claims.map(({ evidence: _, ...claim }) => claim)).toEqual(
        whole.claims.map(({ evidence: _, ...claim }) => claim),
      );
      expect(report.run.shard).toBeUndefined();
    }
  });

  it('is the same in whatever order the shards are named', () => {
    expect(merged(both(EXAMPLE).reverse())).toEqual(merged(both(EXAMPLE)));
  });

  it('lasts from the first start to the last end, in any time zone', () => {
    const run = { ...PASSING.run, started: '2026-05-04T11:30:00+02:00', finished: '2026-05-04T12:20:00+02:00' };
    expect(merged(both(PASSING, { ...PASSING, run })).run).toEqual({
      id: 'mt-1-merged',
      started: '2026-05-04T11:30:00+02:00',
      finished: '2026-05-04T12:20:00+02:00',
      tool: '0.1.0',
    });
    expect(merged(both({ ...PASSING, run }, PASSING)).run.started).toBe('2026-05-04T11:30:00+02:00');
  });

  it('names phases and notes with their shard, and keeps remedies and graphs', () => {
    const report = merged([shardReport('1/2', 'trust.split', EXAMPLE), shardReport('2/2', 'trust.manual')]);
    expect(report.phases.map(({ name }) => name)).toEqual([
      'shard 1/2: supply',
      'shard 1/2: cluster',
      'shard 2/2: supply',
      'shard 2/2: cluster',
    ]);
    expect(report.notes).toEqual(['shard 1/2: docker was installed', 'shard 2/2: docker was installed']);
    expect(report.remedies).toEqual(buildReport(EXAMPLE).remedies);
    expect(report.graphs).toEqual(buildReport(EXAMPLE).graphs);
    const upgraded = [shardReport('1/2', 'trust.split', UPGRADED), shardReport('2/2', 'trust.manual')];
    expect(merged(upgraded).upgrades).toEqual(buildReport(UPGRADED).upgrades);
  });

  it('says once which components were tested, and how machines differ', () => {
    const components = [...PASSING.implementation.components, { name: 'cert-manager', version: '1.11.5' }];
    const other: ReportInput = {
      ...PASSING,
      environment: { ...PASSING.environment, cpus: 8, engine: 'podman 5' },
      implementation: { ...PASSING.implementation, components },
    };
    const report = merged(both(PASSING, other));
    expect(report.environment).toEqual(PASSING.environment);
    expect(report.implementation.components).toEqual(components);
    expect(report.notes.at(-1)).toBe('shard 2/2: another machine: cpus 8, not 4; engine podman 5, not docker 26.1.5');
  });

  it('takes supply and environment from a shard that had something to judge', () => {
    const idle = shardReport('1/3', '', {
      ...PASSING,
      supply: 'auto',
      supplyReason: 'not chosen yet',
      environment: { ...PASSING.environment, kubernetes: 'not known' },
    });
    const report = merged([idle, shardReport('2/3', 'trust.split'), shardReport('3/3', 'trust.manual')]);
    expect(report).toMatchObject({
      supply: 'source',
      supplyReason: PASSING.supplyReason,
      environment: PASSING.environment,
      result: 'conformant',
    });
    expect(report.notes.join('\n')).not.toContain('another machine');
  });
});

describe('the verdict of a merged report', () => {
  it('is incomplete while a shard is missing, and a note names it', () => {
    const report = merged([shardReport('2/3', 'trust.split')], true);
    expect(report.result).toBe('incomplete');
    expect(exitCodeFor(report)).toBe(1);
    expect(report.notes.slice(0, 2)).toEqual([
      'shard 1/3 is missing: its claims are not in this report',
      'shard 3/3 is missing: its claims are not in this report',
    ]);
  });

  it('is a failed claim all the same', () => {
    expect(merged([shardReport('2/2', 'trust.manual', EXAMPLE)], true).result).toBe('notConformant');
  });

  it('is that of a shard which failed by a claim that nobody planned', () => {
    const stray: RunEvent = { type: 'claim', id: 'trust.split.stray', status: 'failed', durationMs: 1, evidence: [] };
    const odd = { ...PASSING, events: [...PASSING.events, stray] };
    expect(merged(both(odd, PASSING)).result).toBe('notConformant');
  });

  it('forgives a shard in which nothing passed but everything was excused', () => {
    const events = PASSING.events.map((event) =>
      event.type === 'claim' && event.id.endsWith('churn')
        ? ({ ...event, status: 'notSupported', reason: 'too old' } as const)
        : event,
    );
    const planned = PASSING.planned.filter(({ id }) => id.endsWith('churn'));
    const excused = shardReport('2/2', 'trust.manual', { ...PASSING, planned, events });
    expect(merged([shardReport('1/2', 'trust.split'), excused]).result).toBe('conformant');
  });

  it('is open where a shard ended early, and names its phase; what ended the others is a note', () => {
    const broken = shardReport('1/3', 'trust.split', BROKEN);
    const other = shardReport('3/3', 'trust.manual', {
      ...BROKEN,
      failure: { phase: 'supply', kind: 'environment', message: 'no network' },
    });
    const report = merged([broken, shardReport('2/3', ''), other]);
    expect(report).toMatchObject({
      result: 'incomplete',
      failure: { phase: 'shard 1/3: cluster', kind: 'lab', message: BROKEN.failure?.message },
    });
    expect(report.notes[0]).toBe('shard 3/3: supply (environment): no network');
    expect(report.claims[0]?.reason).toContain('the run ended in phase «cluster»');
    expect(exitCodeFor(report)).toBe(4);
  });
});
