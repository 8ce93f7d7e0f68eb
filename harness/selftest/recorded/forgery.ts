import type { JudgedClaim, Observed } from '../../verdict/judges/judges.ts';
import { type Recording, recordedRemedies } from './recording.ts';

/** A way to forge a recording in one thing. */
export interface Forgery {
  name: string;
  /** What would have been broken, had it been observed. */
  breaks: string;
  /** The claims that must go red, and no other. */
  red: readonly JudgedClaim[];
  /** Puts other observations into a copy of the recording; those that are there are never changed themselves. */
  forge: (recording: Recording) => void | Promise<void>;
}

/** A claim of every remedy that a lab was recorded after. */
export const joined = <Name extends string>(...names: Name[]) =>
  names.flatMap((name) => recordedRemedies().map((remedy) => `trust.${remedy}.${name}` as const));

/** Puts something else in the place of what was observed for these claims, where anything was. */
export function alter<Id extends JudgedClaim>(
  recording: Recording,
  ids: readonly Id[],
  by: (seen: Observed<Id>) => Observed<Id>,
): void {
  for (const id of ids) {
    const seen = recording[id] as Observed<Id> | undefined;
    if (seen !== undefined) Object.assign(recording, { [id]: by(seen) });
  }
}
