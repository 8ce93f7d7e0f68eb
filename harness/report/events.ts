import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { redact } from '../evidence/redact.ts';
import type { ClaimResult, ClaimStatus, GraphSnapshot, RemedyResult, UpgradeResult } from './model.ts';
import { mapStrings } from './text.ts';

export interface ClaimEvent extends Pick<ClaimResult, 'id' | 'status' | 'reason' | 'durationMs' | 'evidence'> {
  type: 'claim';
}
export interface RemedyEvent extends RemedyResult {
  type: 'remedy';
}
export interface UpgradeEvent extends UpgradeResult {
  type: 'upgrade';
}
export interface GraphEvent extends GraphSnapshot {
  type: 'graph';
}
export interface NoteEvent {
  type: 'note';
  text: string;
}
/** What a test worker hands to the main process, one JSON object a line. */
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

const STATUSES: readonly ClaimStatus[] = ['passed', 'failed', 'skipped', 'notSupported', 'notRun'];

type Check = (value: unknown) => boolean;
const string: Check = (value) => typeof value === 'string';
const amount: Check = (value) => typeof value === 'number' && value >= 0;
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const SHAPES: Record<string, Record<string, Check>> = {
  claim: {
    id: string,
    status: (value) => STATUSES.some((status) => status === value),
    reason: optional(string),
    durationMs: amount,
    evidence: (value) => Array.isArray(value) && value.every(string),
  },
  remedy: {
    remedy: string,
    baseline: string,
    restarts: amount,
    applySeconds: amount,
    convergeSeconds: amount,
    requestsLost: optional(amount),
    support: string,
  },
  upgrade: {
    upgrade: string,
    from: string,
    to: string,
    requests: amount,
    requestsLost: amount,
    seconds: amount,
    proxies: Array.isArray,
  },
  graph: {
    title: string,
    remedy: optional(string),
    // By whoever emitted it: a whole graph is checked by the report's schema.
    graph: (value) => typeof value === 'object' && value !== null,
  },
  note: { text: string },
};

function parseEvent(line: string): RunEvent | undefined {
  let value: Record<string, unknown> | null;
  try {
    value = JSON.parse(line) as Record<string, unknown> | null;
  } catch {
    return undefined;
  }
  const type = value?.['type'];
  const shape = typeof type === 'string' && Object.hasOwn(SHAPES, type) ? SHAPES[type] : undefined;
  if (shape === undefined) return undefined;
  return Object.entries(shape).every(([key, check]) => check(value?.[key]))
    ? (value as unknown as RunEvent)
    : undefined;
}
