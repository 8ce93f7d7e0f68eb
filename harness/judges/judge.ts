import type { Finding } from '../observations/fault.ts';

/**
 * Holds what was observed for a claim against its sentence: one finding for each thing that is wrong, none where the
 * claim holds. `Seen` is plain data, as it lies in the evidence, so that it can be judged again wherever it is read.
 */
export type Judge<Seen> = (seen: Seen) => Finding[] | Promise<Finding[]>;
