import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { isJudged, judgeClaim, type JudgedClaim, type Observed } from '../../verdict/judges/judges.ts';
import { REMEDY_NAMES, type RemedyName } from '../../observations/remedies.ts';
import { fixture } from '../../common/paths.ts';

/** What was once observed for claims in healthy labs. */
export type Recording = { [Id in JudgedClaim]?: Observed<Id> };

/**
 * The recording that ships with the project: evidence of runs as it was written, by distribution and claim. A claim
 * that applies to several distributions is there for one of them.
 */
export function loadRecording(): Recording {
  const read = (file: string) => parse(readFileSync(file, 'utf8')) as unknown;
  return Object.fromEntries(recorded().map(({ id, file }) => [id, read(file)]));
}

/** The claims of the recording, and the file of each. */
function recorded(): { id: JudgedClaim; file: string }[] {
  const home = fixture('recorded');
  const folders = readdirSync(home, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.flatMap(({ name }) =>
    readdirSync(join(home, name))
      .filter(isJudged)
      .map((id) => ({ id, file: join(home, name, id, 'observation.yaml') })),
  );
}

/** The remedies that are in the recording. */
export function recordedRemedies(): RemedyName[] {
  const ids = recorded().map(({ id }) => id);
  return REMEDY_NAMES.filter((name) => ids.some((id) => id.startsWith(`trust.${name}.`)));
}

export const claimsOf = (recording: Recording): JudgedClaim[] => Object.keys(recording).filter(isJudged);

/** A judge is pure: what it has been shown once, as most of a recording is by each forgery, needs no second look. */
const verdicts = new WeakMap<object, string[]>();

/** Judges every claim of a recording; those that are red, each with what is wrong. */
export async function redClaims(recording: Recording): Promise<Map<JudgedClaim, string[]>> {
  const red = new Map<JudgedClaim, string[]>();
  for (const id of claimsOf(recording)) {
    const seen = recording[id];
    if (seen === undefined) continue;
    const faults = verdicts.get(seen) ?? (await judgeClaim(id, seen)).map(({ sentence }) => sentence);
    verdicts.set(seen, faults);
    if (faults.length > 0) red.set(id, faults);
  }
  return red;
}
