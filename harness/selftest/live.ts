import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ClaimGroup } from '../plan/catalog.ts';
import { runGroup } from '../run/claims/run-group.ts';
import { lastLines } from '../common/errors.ts';
import { readEvents } from '../verdict/report/events.ts';
import type { LiveSabotage } from './live/scene.ts';
import type { Trial } from './trial.ts';

export interface Stage {
  /** Path of the lab's description. */
  lab: string;
  /** Folder for evidence and events. */
  out: string;
  group: ClaimGroup;
  deadlineScale: number;
  signal: AbortSignal;
}

/** Breaks the lab, judges the group's claims in it, and mends it. */
export async function trySabotage({ name, red }: LiveSabotage, stage: Stage): Promise<Trial> {
  const { group, lab, deadlineScale, signal } = stage;
  const out = join(stage.out, name);
  mkdirSync(out, { recursive: true });
  const events = join(out, 'events.ndjson');
  const outcome = await runGroup(group, { lab, out, events, deadlineScale, sabotage: name }, signal);
  const said = readEvents(events);
  const verdicts = said.filter((event) => event.type === 'claim');
  const failed = verdicts.filter(({ status }) => status === 'failed');
  const got = new Map(failed.map(({ id, reason }) => [id, (reason ?? '').split('\n')]));
  // The worker notes what it could not undo; vitest knows of whatever else went wrong outside of the claims.
  const notes = said.flatMap((event) => (event.type === 'note' ? [event.text] : []));
  const isSilent = verdicts.length < group.claims.length || (outcome.exitCode !== 0 && got.size === 0);
  const trouble = [...notes, ...(isSilent ? lastLines(outcome.printed, 20) : [])];
  return { name, expected: red, got, ...(trouble.length === 0 ? {} : { trouble: trouble.join('\n') }) };
}
