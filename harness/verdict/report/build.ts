import { defined } from '../../common/defined.ts';
import { redact as redactUnknown } from '../../common/redact/redact.ts';
import { reportDigest } from './digest.ts';
import type { ClaimEvent, RunEvent } from './events.ts';
import type { ClaimDescription, ClaimResult, ClaimStatus, ConformanceReport, RunFailure } from './model.ts';
import { inert, mapStrings } from '../../common/text.ts';
import { verdictOf, worseOf } from './verdict.ts';

type Computed = 'apiVersion' | 'kind' | 'result' | 'summary' | 'claims' | 'remedies' | 'upgrades' | 'graphs' | 'digest';

export interface ReportInput extends Omit<ConformanceReport, Computed> {
  /** Every claim the run was to judge, in the order of the report. */
  planned: readonly ClaimDescription[];
  /** What the test worker handed over, see {@link readEvents} in events.ts. */
  events: readonly RunEvent[];
  /** Takes secrets out of every string; by default whatever looks like one. */
  redact?: (text: string) => string;
  /** The result is no better than this, whatever the claims say. */
  atBest?: ConformanceReport['result'];
}

/**
 * The report of a run, from its plan and its events. Pure: the same input gives the same report and digest. A claim
 * without a result is `notRun`; of several results the worst counts; a result of a claim nobody planned becomes a note, and
 * fails the run if it failed. Every string is freed of control characters and redacted.
 */
export function buildReport(input: ReportInput): ConformanceReport {
  const { planned, events, redact = redactUnknown, atBest = 'conformant', failure, ...facts } = input;
  const outcomes = events.filter((event) => event.type === 'claim');
  const results = Map.groupBy(outcomes, (event) => event.id);
  const claims = planned.map((claim) => ({ ...claim, ...outcomeOf(results.get(claim.id) ?? [], failure) }));
  const unplanned = outcomes.filter((event) => !planned.some((claim) => claim.id === event.id));
  const failedUnplanned = unplanned.filter((event) => event.status === 'failed');
  const upgrades = events.filter((event) => event.type === 'upgrade').map(withoutType);
  const report: Omit<ConformanceReport, 'digest'> = {
    apiVersion: 'meshtrust.dev/v1alpha1',
    kind: 'TrustConformanceReport',
    run: facts.run,
    profile: facts.profile,
    distribution: facts.distribution,
    supply: facts.supply,
    supplyReason: facts.supplyReason,
    notes: [
      ...facts.notes,
      ...events.flatMap((event) => (event.type === 'note' ? [event.text] : [])),
      ...oddities(planned, results),
    ],
    implementation: facts.implementation,
    environment: facts.environment,
    result: worseOf(verdictOf([...claims, ...failedUnplanned], failure), atBest),
    summary: summaryOf(claims),
    claims,
    remedies: events.filter((event) => event.type === 'remedy').map(withoutType),
    ...(upgrades.length === 0 ? {} : { upgrades }),
    graphs: events.filter((event) => event.type === 'graph').map(withoutType),
    phases: facts.phases,
    ...defined({ failure }),
  };
  const clean = mapStrings(report, (text) => redact(inert(text)));
  return { ...clean, digest: reportDigest(clean) };
}

function withoutType<T extends RunEvent>({ type: _, ...content }: T): Omit<T, 'type'> {
  return content;
}

type Outcome = Pick<ClaimResult, 'status' | 'reason' | 'faults' | 'durationMs' | 'evidence'>;

const WORST_FIRST: readonly ClaimStatus[] = ['failed', 'notRun', 'notSupported', 'skipped', 'passed'];

function outcomeOf(results: readonly ClaimEvent[], failure: RunFailure | undefined): Outcome {
  const status = WORST_FIRST.find((candidate) => results.some((result) => result.status === candidate));
  const result = results.findLast((candidate) => candidate.status === status);
  if (result === undefined) return { status: 'notRun', reason: whyNotRun(failure), durationMs: 0, evidence: [] };
  const { reason, faults, durationMs, evidence } = result;
  if (reason !== undefined && reason.trim() !== '')
    return { status: result.status, reason, ...defined({ faults }), durationMs, evidence };
  // A claim that does not pass must say why; one that keeps silent is never excused.
  if (result.status === 'passed') return { status: 'passed', durationMs, evidence };
  const silent = result.status === 'failed' ? 'failed' : 'notRun';
  return { status: silent, reason: `reported as ${result.status} without a reason`, durationMs, evidence };
}

function whyNotRun(failure: RunFailure | undefined): string {
  if (failure === undefined) return 'the suite reported no result';
  return `the run ended in phase «${failure.phase}»: ${failure.message.split('\n')[0] ?? ''}`;
}

function oddities(planned: readonly ClaimDescription[], results: ReadonlyMap<string, readonly ClaimEvent[]>): string[] {
  const ids = new Set(planned.map((claim) => claim.id));
  return [...results].flatMap(([id, found]) => {
    const said = found.map((result) => result.status).join(', ');
    if (!ids.has(id)) return [`the suite reported ${id}, which was not planned: ${said}`];
    return found.length > 1 ? [`the suite reported ${id} ${found.length} times, the worst counts: ${said}`] : [];
  });
}

function summaryOf(claims: readonly ClaimResult[]): ConformanceReport['summary'] {
  const count = (status: ClaimStatus) => claims.filter((claim) => claim.status === status).length;
  return {
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    notSupported: count('notSupported'),
    notRun: count('notRun'),
  };
}
