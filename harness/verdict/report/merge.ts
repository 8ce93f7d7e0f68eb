import { defined } from '../../common/defined.ts';
import { buildReport } from './build.ts';
import type { RunEvent } from './events.ts';
import { mergedPath } from './merge-evidence.ts';
import type { ConformanceReport, RunFailure } from './model.ts';
import { shardName } from './shard.ts';
import { type ShardReport, type Shards, UNCHOSEN } from './shards.ts';

/**
 * One report of the shards of a run. Pure: the verdict, summary and digest are those of a run with these claims; where
 * shards are missing it is `incomplete` at best, and a note names them. Phases, notes and failures name their shard.
 */
export function mergeReports({ present, missing }: Shards): ConformanceReport {
  const [first] = present;
  // A shard without a claim, or one that failed early, knows neither supply nor Kubernetes.
  const base = present.find(({ report }) => report.claims.length > 0 && report.supply !== UNCHOSEN) ?? first;
  const { run, profile, distribution, supply, supplyReason, implementation, environment } = base.report;
  const reports = present.map(({ report }) => report);
  const [failure, ...otherFailures] = present.flatMap(failureOf);
  return buildReport({
    run: {
      id: `${first.report.run.id}-merged`,
      started: byTime(reports.map((report) => report.run.started)).at(0) ?? run.started,
      finished: byTime(reports.map((report) => report.run.finished)).at(-1) ?? run.finished,
      tool: run.tool,
    },
    profile,
    distribution,
    supply,
    supplyReason,
    notes: [
      ...missing.map((shard) => `shard ${shardName(shard)} is missing: its claims are not in this report`),
      ...otherFailures.map(({ phase, kind, message }) => `${phase} (${kind}): ${message}`),
      ...present.flatMap((shard) => shard.report.notes.map((note) => named(shard, note))),
      ...present.flatMap((shard) => otherMachine(shard, environment)),
    ],
    implementation: {
      planes: implementation.planes,
      components: unique(reports.flatMap((report) => report.implementation.components)),
    },
    environment,
    phases: present.flatMap((shard) =>
      shard.report.phases.map((phase) => ({ ...phase, name: named(shard, phase.name) })),
    ),
    planned: reports.flatMap(({ claims }) =>
      claims.map(({ id, sentence, level, source, group }) => ({ id, sentence, level, source, group })),
    ),
    events: present.flatMap(eventsOf),
    atBest: atBest(reports, missing.length > 0),
    ...defined({ failure }),
  });
}

function atBest(reports: readonly ConformanceReport[], isPartial: boolean): ConformanceReport['result'] {
  // A run also fails by a claim that nobody planned, and that is only in its notes.
  if (reports.some(({ result }) => result === 'notConformant')) return 'notConformant';
  return isPartial ? 'incomplete' : 'conformant';
}

const named = ({ shard }: ShardReport, text: string) => `shard ${shardName(shard)}: ${text}`;

function failureOf(shard: ShardReport): RunFailure[] {
  const { failure } = shard.report;
  return failure === undefined ? [] : [{ ...failure, phase: named(shard, failure.phase) }];
}

function eventsOf({ shard, report }: ShardReport): RunEvent[] {
  return [
    ...report.claims.map(({ id, status, reason, faults, durationMs, evidence }) => ({
      type: 'claim' as const,
      id,
      status,
      durationMs,
      evidence: evidence.map((path) => mergedPath(path, shard, report)),
      ...defined({ reason, faults }),
    })),
    ...report.remedies.map((remedy) => ({ type: 'remedy' as const, ...remedy })),
    ...(report.upgrades ?? []).map((upgrade) => ({ type: 'upgrade' as const, ...upgrade })),
    ...report.graphs.map((graph) => ({ type: 'graph' as const, ...graph })),
  ];
}

function otherMachine(shard: ShardReport, environment: ConformanceReport['environment']): string[] {
  if (shard.report.claims.length === 0) return []; // where nothing was judged, nothing differs
  const own = shard.report.environment;
  const differences = (Object.keys(environment) as (keyof typeof environment)[])
    .filter((key) => own[key] !== environment[key])
    .map((key) => `${key} ${own[key]}, not ${environment[key]}`);
  return differences.length === 0 ? [] : [named(shard, `another machine: ${differences.join('; ')}`)];
}

const byTime = (times: readonly string[]) => times.toSorted((a, b) => Date.parse(a) - Date.parse(b));

const unique = <T>(items: readonly T[]): T[] => [
  ...new Map(items.map((item) => [JSON.stringify(item), item] as const)).values(),
];
