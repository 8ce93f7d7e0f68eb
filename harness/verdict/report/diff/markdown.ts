import { escape } from '../markdown.ts';
import { mapStrings, plain } from '../../../common/text.ts';
import { hasRegressed } from './compare.ts';
import { KINDS, type ReportDiff } from './model.ts';
import { conclusion, runLine, transition } from './text.ts';

/** Rows of one kind; a comment on GitHub may have 65,536 characters, and who reads the hundredth row of a kind? */
const ROWS = 20;

/** A diff as GitHub-flavoured Markdown for a pull request or a job summary; nothing in it breaks out of its cell. */
export function renderDiffMarkdown(untidy: ReportDiff): string {
  const diff = mapStrings(untidy, plain);
  const lines = [`## ${hasRegressed(diff) ? '❌' : '✅'} meshtrust diff: ${conclusion(diff)}`, ''];
  lines.push(`- old: ${escape(runLine(diff.old))}`, `- new: ${escape(runLine(diff.new))}`);
  lines.push(...diff.notes.map((note) => `- ${escape(note)}`), '');
  for (const [kind, changes] of Map.groupBy(diff.changes, (change) => change.kind)) {
    lines.push(`### ${KINDS[kind].title}`, '', '| | what | old → new | why |', '|---|---|---|---|');
    for (const change of changes.slice(0, ROWS)) {
      const cells = [change.what, transition(change), change.reason ?? ''].map(escape);
      lines.push(`| ${markOf(change)} | ${cells.join(' | ')} |`);
    }
    if (changes.length > ROWS) lines.push(`| | and ${changes.length - ROWS} more | | |`);
    lines.push('');
  }
  return lines.join('\n');
}

function markOf({ kind, regression }: ReportDiff['changes'][number]): string {
  if (regression) return '❌';
  return KINDS[kind].weight === 'better' ? '✅' : '➖';
}
