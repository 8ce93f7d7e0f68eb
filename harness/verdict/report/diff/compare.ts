import { verdictLine } from '../console.ts';
import { reportDigest } from '../digest.ts';
import type { ConformanceReport, GraphSnapshot } from '../model.ts';
import { compareCircumstances } from './circumstances.ts';
import { compareClaims } from './claims.ts';
import { compareConversations, isContested } from './conversations.ts';
import { compareCost } from './cost.ts';
import { ABSENT } from './facts.ts';
import { type Change, type ChangeKind, type ComparedRun, KINDS, type ReportDiff } from './model.ts';
import { compareTrust } from './trust.ts';

/**
 * What changed from one run to another. Pure, and equal for two runs that came out equal, whatever their keys, pods, ids
 * and times. `strict` makes regressions of what is otherwise only told: slower, versions, issuers and roots.
 */
export function compareReports(
  old: ConformanceReport,
  now: ConformanceReport,
  { strict }: { strict: boolean },
): ReportDiff {
  const changes = [
    ...compareClaims(old.claims, now.claims),
    ...compareCost(old, now),
    ...compareGraphs(old.graphs, now.graphs),
    ...compareCircumstances(old, now),
  ];
  const order = Object.keys(KINDS) as ChangeKind[];
  return {
    old: comparedRun(old),
    new: comparedRun(now),
    notes: [...tampered('old', old), ...tampered('new', now), ...contested(old.graphs, now.graphs)],
    changes: changes
      .sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))
      .map((change) => ({ ...change, regression: isRegression(change, strict) })),
  };
}

/** Whether anything became worse. */
export const hasRegressed = ({ changes }: ReportDiff): boolean => changes.some(({ regression }) => regression);

function isRegression({ kind }: Change, strict: boolean): boolean {
  const { weight } = KINDS[kind];
  return weight === 'worse' || (strict && weight === 'shifted');
}

function compareGraphs(old: readonly GraphSnapshot[], now: readonly GraphSnapshot[]): Change[] {
  const [before, after] = [byTitle(old), byTitle(now)];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((title): Change[] => {
    const [was, is] = [before.get(title), after.get(title)];
    const what = `${title}: graph`;
    if (was === undefined) return [{ kind: 'trust', what, old: ABSENT, new: 'present' }];
    if (is === undefined) return [{ kind: 'trust', what, old: 'present', new: ABSENT }];
    return [...compareConversations(title, was, is), ...compareTrust(title, was, is)];
  });
}

const byTitle = (graphs: readonly GraphSnapshot[]) => new Map(graphs.map(({ title, graph }) => [title, graph]));

function comparedRun(report: ConformanceReport): ComparedRun {
  const { run, result } = report;
  return { id: run.id, started: run.started, result, verdict: verdictLine(report) };
}

function tampered(which: 'old' | 'new', report: ConformanceReport): string[] {
  if (reportDigest(report) === report.digest) return [];
  return [`The digest of the ${which} report does not hold: it was changed after its run.`];
}

function contested(old: readonly GraphSnapshot[], now: readonly GraphSnapshot[]): string[] {
  const after = byTitle(now);
  return [...byTitle(old)].flatMap(([title, was]) => {
    const is = after.get(title);
    if (is === undefined || !isContested(was) || !isContested(is)) return [];
    const why = 'planes under different roots overwrite the root ConfigMap of one another';
    return [`${title}: ${why}, so which agents accept their istiod is chance and was not compared.`];
  });
}
