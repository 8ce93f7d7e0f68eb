import { styleText } from 'node:util';
import type { ClaimResult, ClaimStatus, ConformanceReport, RemedyResult, UpgradeResult } from './model.ts';
import { duration, inert, mapStrings } from '../../common/text.ts';
import { inColumns } from './columns.ts';

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow';
type Paint = (style: Style, text: string) => string;

const MARKS: Record<ClaimStatus, readonly [string, Style]> = {
  passed: ['✔', 'green'],
  failed: ['✖', 'red'],
  skipped: ['–', 'yellow'],
  notSupported: ['–', 'yellow'],
  notRun: ['–', 'yellow'],
};

/** Words for the counts of a summary, in the order they are read. */
const WORDS: Record<ClaimStatus, string> = {
  failed: 'failed',
  passed: 'passed',
  skipped: 'skipped',
  notSupported: 'not supported',
  notRun: 'not run',
};

/**
 * What a person reads at the end of a run: claims by group, remedies compared, the verdict, where the report lies. What
 * others have said in it is {@link inert}, so that it may be printed as it is.
 */
export function renderSummary(untidy: ConformanceReport, options: { colour: boolean; reportPath: string }): string {
  const report = mapStrings(untidy, inert);
  const paint: Paint = (style, text) => (options.colour ? styleText(style, text, { validateStream: false }) : text);
  const width = Math.max(0, ...report.claims.map((claim) => claim.id.length));
  const lines: string[] = [];
  // Where the run ended early that reason stands once, below, not at every claim.
  const shown = report.claims.filter((claim) => report.failure === undefined || claim.status !== 'notRun');
  for (const [group, claims] of Map.groupBy(shown, (claim) => claim.group)) {
    lines.push(paint('bold', group), ...claims.flatMap((claim) => claimLines(claim, width, paint)), '');
  }
  if (report.remedies.length > 0) lines.push(paint('bold', 'remedies'), ...remedyTable(report.remedies), '');
  const { upgrades = [] } = report;
  if (upgrades.length > 0) lines.push(paint('bold', 'upgrades'), ...upgradeTable(upgrades), '');
  // A line that a note goes on with is none of its own.
  const notes = report.notes.map((note) => paint('yellow', `note: ${note.replaceAll('\n', '\n      ')}`));
  if (notes.length > 0) lines.push(...notes, '');
  if (report.failure !== undefined) {
    const { phase, kind, message } = report.failure;
    lines.push(paint('red', `✖ ${phase} (${kind})`), ...indented(message, 2), '');
  }
  const verdict = paint(report.result === 'conformant' ? 'green' : 'red', verdictLine(report));
  return [...lines, verdict, `report: ${inert(options.reportPath)}`, ''].join('\n');
}

/**
 * One line: `not conformant: 1 of 4 claims failed, 2 passed, 1 not run (trust, openshift-4.22, supply source)`; of a part
 * of a run with `, shard 2/3` at its end.
 */
export function verdictLine(report: ConformanceReport): string {
  const result = { conformant: 'conformant', notConformant: 'not conformant', incomplete: 'incomplete' }[report.result];
  const counts = (Object.keys(WORDS) as ClaimStatus[])
    .filter((status) => report.summary[status] > 0)
    .map((status, index) => {
      const of = index === 0 ? ` of ${report.claims.length} claim${report.claims.length === 1 ? '' : 's'}` : '';
      return `${report.summary[status]}${of} ${WORDS[status]}`;
    });
  const what = counts.length === 0 ? 'no claims' : counts.join(', ');
  const shard = report.run.shard === undefined ? '' : `, shard ${report.run.shard}`;
  return `${result}: ${what} (${report.profile}, ${report.distribution}, supply ${report.supply}${shard})`;
}

function claimLines(claim: ClaimResult, width: number, paint: Paint): string[] {
  const [mark, style] = MARKS[claim.status];
  const ran = claim.status === 'passed' || claim.status === 'failed';
  const state = ran ? paint('dim', duration(claim.durationMs)) : `${WORDS[claim.status]}: ${claim.reason ?? ''}`;
  const line = `  ${paint(style, mark)} ${claim.id.padEnd(width)}  ${state.replaceAll('\n', ' ')}`;
  if (claim.status !== 'failed') return [line];
  return [line, ...indented(claim.reason ?? '', 6), ...claim.evidence.map((path) => `      ${paint('dim', path)}`)];
}

function remedyTable(remedies: readonly RemedyResult[]): string[] {
  return table([
    ['remedy', 'baseline', 'restarts', 'applied in', 'converged in', 'requests lost', 'support'],
    ...remedies.map((row) => [
      row.remedy,
      row.baseline,
      String(row.restarts),
      duration(row.applySeconds * 1000),
      duration(row.convergeSeconds * 1000),
      String(row.requestsLost ?? '–'),
      row.support,
    ]),
  ]);
}

function upgradeTable(upgrades: readonly UpgradeResult[]): string[] {
  return table([
    ['upgrade', 'from', 'to', 'took', 'requests', 'lost'],
    ...upgrades.map((row) => [
      row.upgrade,
      row.from,
      row.to,
      duration(row.seconds * 1000),
      String(row.requests),
      String(row.requestsLost),
    ]),
  ]);
}

const table = (rows: readonly (readonly string[])[]) => inColumns(rows).map((line) => `  ${line}`);

const indented = (text: string, by: number) => text.split('\n').map((line) => `${' '.repeat(by)}${line}`.trimEnd());
