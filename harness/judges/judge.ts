/**
 * Holds what was observed for a claim against its sentence: one sentence for each thing that is wrong, none where the
 * claim holds. `Seen` is plain data, as it lies in the evidence, so that it can be judged again wherever it is read.
 */
export type Judge<Seen> = (seen: Seen) => string[] | Promise<string[]>;

/** Sentences without the gaps, for lists of checks that each say what is wrong or nothing. */
export const faults = (...found: readonly (string | undefined)[]): string[] =>
  found.filter((sentence) => sentence !== undefined);
