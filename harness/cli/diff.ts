import { EXIT } from '../common/errors.ts';
import { compareReports, hasRegressed } from '../verdict/report/diff/compare.ts';
import { renderDiffMarkdown } from '../verdict/report/diff/markdown.ts';
import type { ReportDiff } from '../verdict/report/diff/model.ts';
import { renderDiff } from '../verdict/report/diff/text.ts';
import { readReport } from '../verdict/report/read.ts';
import { inert, mapStrings } from '../common/text.ts';
import type { DIFF_FORMATS } from './option-values.ts';
import { writeOut } from './write-out.ts';

export interface DiffFlags {
  output: (typeof DIFF_FORMATS)[number];
  out?: string;
  strict?: true;
}

/** `meshtrust diff`: what changed from one run to another, from their reports alone. Exit code 1 for a regression. */
export function diffCommand(old: string, now: string, flags: DiffFlags): number {
  const compared = compareReports(readReport(old), readReport(now), { strict: flags.strict === true });
  const diff = mapStrings(compared, inert);
  const text = FORMATS[flags.output](diff, flags);
  if (flags.out === undefined) process.stdout.write(text);
  else writeOut(flags.out, text);
  return hasRegressed(diff) ? EXIT.claimFailed : EXIT.conformant;
}

const FORMATS: Record<DiffFlags['output'], (diff: ReportDiff, flags: DiffFlags) => string> = {
  text: (diff, { out }) =>
    renderDiff(diff, { colour: out === undefined && process.stdout.isTTY && process.stdout.hasColors() }),
  markdown: renderDiffMarkdown,
  json: (diff) => `${JSON.stringify(diff, undefined, 2)}\n`,
};
