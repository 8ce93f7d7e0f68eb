import type { ConformanceReport } from '../model.ts';

/**
 * What became of it: `worse` is a regression, `shifted` is one only with `--strict`, `told` and `better` never are.
 */
type Weight = 'worse' | 'shifted' | 'told' | 'better';

/** Everything two runs can differ in, in the order in which it is told. */
export const KINDS = {
  newlyFailing: { title: 'Newly failing', weight: 'worse' },
  missing: { title: 'Missing now', weight: 'worse' },
  newlyBroken: { title: 'Trusted before, broken now', weight: 'worse' },
  moreLost: { title: 'More requests lost', weight: 'worse' },
  failsOtherwise: { title: 'Still failing, about others', weight: 'shifted' },
  stillFailing: { title: 'Still failing', weight: 'told' },
  slower: { title: 'Slower', weight: 'shifted' },
  judgedOtherwise: { title: 'Conversations judged otherwise', weight: 'shifted' },
  trust: { title: 'Issuers and roots', weight: 'shifted' },
  version: { title: 'Versions', weight: 'shifted' },
  unlike: { title: 'Not like with like', weight: 'told' },
  newClaim: { title: 'New claims', weight: 'told' },
  newlyPassing: { title: 'Newly passing', weight: 'better' },
  newlyTrusted: { title: 'Broken before, trusted now', weight: 'better' },
} as const satisfies Record<string, { title: string; weight: Weight }>;

export type ChangeKind = keyof typeof KINDS;

export interface Change {
  kind: ChangeKind;
  /** The claim's id, or a few words: `manual from split, applied`, `the split: shop/cart → shop/till`. */
  what: string;
  /**
   * Seconds for `slower`, requests for `moreLost`, workloads for `failsOtherwise`; else a status, verdict, version, name
   * or `absent`.
   */
  old: string | number;
  new: string | number;
  /** Why the new one is as it is, in the new report's words. */
  reason?: string;
}

/** A run as a diff names it. */
export interface ComparedRun extends Pick<ConformanceReport['run'], 'id' | 'started'> {
  result: ConformanceReport['result'];
  /** As in the summary of the run: `conformant: 29 of 29 claims passed (trust, openshift-4.22, supply source)`. */
  verdict: string;
}

/** Two runs compared; `-o json` prints it as it is. */
export interface ReportDiff {
  old: ComparedRun;
  new: ComparedRun;
  /** What to know of the two reports and of what could not be compared, a sentence each. */
  notes: string[];
  /** By kind in the order of {@link KINDS}; none but `stillFailing` if the runs came out equal. */
  changes: (Change & { regression: boolean })[];
}
