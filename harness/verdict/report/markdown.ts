import { verdictLine } from './console.ts';
import type { ClaimResult, ConformanceReport } from './model.ts';
import { duration, mapStrings, plain } from '../../common/text.ts';

const MARKS = { passed: '✅', failed: '❌', skipped: '⏭️', notSupported: '⏭️', notRun: '⏭️' } as const;
const RESULTS = { conformant: '✅', notConformant: '❌', incomplete: '⚠️' } as const;
/** Characters of one reason; a job summary may have 1 MiB altogether. */
const REASON_LIMIT = 2000;

/** The report as GitHub-flavoured Markdown for a job summary; nothing in it can break out of its table cell. */
export function renderMarkdown(untidy: ConformanceReport): string {
  const report = mapStrings(untidy, plain);
  const lines = [`## ${RESULTS[report.result]} meshtrust: ${escape(verdictLine(report))}`, ''];
  if (report.failure !== undefined) {
    const { phase, kind, message } = report.failure;
    lines.push(`**${escape(phase)}** (${kind}): ${escape(message)}`, '');
  }
  if (report.claims.length > 0) {
    lines.push('| | claim | time | |', '|---|---|---:|---|', ...report.claims.map(claimRow), '');
  }
  if (report.remedies.length > 0) {
    lines.push('| remedy | baseline | restarts | applied in | converged in | requests lost | support |');
    lines.push('|---|---|---:|---:|---:|---:|---|');
    for (const row of report.remedies) {
      const times = [row.applySeconds, row.convergeSeconds].map((seconds) => duration(seconds * 1000));
      lines.push(tableRow([row.remedy, row.baseline, row.restarts, ...times, row.requestsLost ?? '–', row.support]));
    }
    lines.push('');
  }
  if (report.upgrades !== undefined) {
    lines.push('| upgrade | from | to | took | requests | lost |', '|---|---|---|---:|---:|---:|');
    for (const { upgrade, from, to, seconds, requests, requestsLost } of report.upgrades) {
      lines.push(tableRow([upgrade, from, to, duration(seconds * 1000), requests, requestsLost]));
    }
    lines.push('');
  }
  if (report.notes.length > 0) lines.push(...report.notes.map((note) => `- ${escape(note)}`), '');
  return `${lines.join('\n')}\n`;
}

const tableRow = (cells: readonly (string | number)[]): string =>
  `| ${cells.map((cell) => escape(String(cell))).join(' | ')} |`;

function claimRow(claim: ClaimResult): string {
  const reason = claim.reason === undefined ? escape(claim.sentence) : escape(claim.reason);
  return `| ${MARKS[claim.status]} | ${escape(claim.id)} | ${duration(claim.durationMs)} | ${reason} |`;
}

/** As character references, every mark that Markdown, its tables or HTML could take for their own. */
export function escape(text: string): string {
  const short = text.length > REASON_LIMIT ? `${text.slice(0, REASON_LIMIT).toWellFormed()} …` : text;
  return short.replace(/[\\`*_[\]<>#|~&!$@]/g, (mark) => `&#${mark.charCodeAt(0)};`).replaceAll('\n', '<br>');
}
