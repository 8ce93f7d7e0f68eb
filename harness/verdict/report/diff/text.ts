import { styleText } from 'node:util';
import { duration, mapStrings, plain } from '../../../common/text.ts';
import { hasRegressed } from './compare.ts';
import { type Change, type ComparedRun, KINDS, type ReportDiff } from './model.ts';

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow';
type Paint = (style: Style, text: string) => string;

/** A diff as a person reads it in a terminal: both runs, the changes by kind, notes, and whether it is a regression. */
export function renderDiff(untidy: ReportDiff, { colour }: { colour: boolean }): string {
  const diff = mapStrings(untidy, plain);
  const paint: Paint = (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text);
  const lines = [`old: ${runLine(diff.old)}`, `new: ${runLine(diff.new)}`, ''];
  for (const [kind, changes] of Map.groupBy(diff.changes, (change) => change.kind)) {
    lines.push(paint('bold', KINDS[kind].title), ...changes.flatMap((change) => changeLines(change, paint)), '');
  }
  if (diff.notes.length > 0) lines.push(...diff.notes.map((note) => paint('yellow', `note: ${oneLine(note)}`)), '');
  return [...lines, paint(hasRegressed(diff) ? 'red' : 'green', conclusion(diff)), ''].join('\n');
}

/** `regression: 2 of 5 changes`, `no regression: 5 changes`, `no change`; `… (3 claims still fail)` where some do. */
export function conclusion({ changes }: ReportDiff): string {
  const all = changes.filter(({ kind }) => kind !== 'stillFailing').length;
  const [still, worse] = [changes.length - all, changes.filter(({ regression }) => regression).length];
  const count = `${all} change${all === 1 ? '' : 's'}`;
  const verdict = worse > 0 ? `regression: ${worse} of ${count}` : all === 0 ? 'no change' : `no regression: ${count}`;
  return still === 0
    ? verdict
    : `${verdict} (${still} claim${still === 1 ? '' : 's'} still fail${still === 1 ? 's' : ''})`;
}

/** `2.1 s → 12.4 s`, `passed → failed`, `trusted → unknown issuer`. */
export function transition({ kind, old, new: now }: Change): string {
  const shown = (value: string | number) => {
    if (typeof value === 'string') return value;
    return kind === 'slower' ? duration(value * 1000) : String(value);
  };
  return `${shown(old)} → ${shown(now)}`;
}

/** `mt-1 of 2026-05-04T10:00:00Z, conformant: 4 of 4 claims passed (trust, openshift-4.22, supply source)` */
export const runLine = ({ id, started, verdict }: ComparedRun): string => oneLine(`${id} of ${started}, ${verdict}`);

function changeLines(change: ReportDiff['changes'][number], paint: Paint): string[] {
  const [mark, style] = markOf(change);
  const line = `  ${paint(style, mark)} ${oneLine(`${change.what}: ${transition(change)}`)}`;
  const reason = change.reason === undefined ? [] : change.reason.split('\n');
  return [line, ...reason.map((part) => `      ${part}`.trimEnd())];
}

function markOf({ kind, regression }: ReportDiff['changes'][number]): [string, Style] {
  if (regression) return ['✖', 'red'];
  return KINDS[kind].weight === 'better' ? ['✔', 'green'] : ['–', 'yellow'];
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');
