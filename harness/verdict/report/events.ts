import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import Type, { type Static } from 'typebox';
import { redact } from '../../common/redact/redact.ts';
import { checker, object } from '../../common/schema.ts';
import type { TrustGraph } from '../trust/graph/model.ts';
import { CLAIM_RESULT, GRAPH_SNAPSHOT, REMEDY_RESULT, UPGRADE_RESULT } from './model.ts';
import { mapStrings } from '../../common/text.ts';

/** A graph is taken on trust here: the report's schema holds it. */
const GRAPH = Type.Unsafe<TrustGraph>({ type: 'object' });

/** What a test worker hands to the main process, one JSON object a line. */
const EVENTS = {
  claim: object({
    type: Type.Literal('claim'),
    ...Type.Pick(CLAIM_RESULT, ['id', 'status', 'reason', 'faults', 'durationMs', 'evidence']).properties,
  }),
  remedy: object({ type: Type.Literal('remedy'), ...REMEDY_RESULT.properties }),
  upgrade: object({ type: Type.Literal('upgrade'), ...UPGRADE_RESULT.properties }),
  graph: object({ type: Type.Literal('graph'), ...GRAPH_SNAPSHOT.properties, graph: GRAPH }),
  note: object({ type: Type.Literal('note'), text: Type.String() }),
};
export type ClaimEvent = Static<typeof EVENTS.claim>;
export type RemedyEvent = Static<typeof EVENTS.remedy>;
export type UpgradeEvent = Static<typeof EVENTS.upgrade>;
export type GraphEvent = Static<typeof EVENTS.graph>;
export type NoteEvent = Static<typeof EVENTS.note>;
export type RunEvent = ClaimEvent | RemedyEvent | UpgradeEvent | GraphEvent | NoteEvent;

/**
 * Appends one event in one write, so that it is either there or not when the worker is killed. Its strings are
 * redacted: pass the worker's own {@link Redactor} where it knows the run's keys, the main process does not.
 */
export function appendEvent(
  file: string,
  event: RunEvent,
  redactor: { redact(text: string): string } = { redact },
): void {
  const clean = mapStrings(event, (text) => redactor.redact(text));
  appendFileSync(file, `${JSON.stringify(clean)}\n`);
}

/**
 * All events of a file in order; none if there is no file. A last line that was cut by a kill is dropped; any other
 * line that is no event becomes a note that names its number.
 */
export function readEvents(file: string): RunEvent[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  const cutLine = lines.pop() ?? '';
  const events = lines.flatMap((line, index): RunEvent[] => {
    if (line.trim() === '') return [];
    return [parseEvent(line) ?? { type: 'note', text: `line ${index + 1} of the test worker's events is no event` }];
  });
  const last = parseEvent(cutLine);
  return last === undefined ? events : [...events, last];
}

const CHECKS = new Map(Object.entries(EVENTS).map(([type, schema]) => [type, checker(schema)]));

function parseEvent(line: string): RunEvent | undefined {
  let value: { type?: string } | null;
  try {
    value = JSON.parse(line) as { type?: string } | null;
  } catch {
    return undefined;
  }
  const errorsOf = CHECKS.get(value?.type ?? '');
  return errorsOf?.(value).length === 0 ? (value as RunEvent) : undefined;
}
