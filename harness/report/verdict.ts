import { EXIT } from '../errors.ts';
import type { ClaimResult, ConformanceReport, RunFailure } from './model.ts';

/**
 * The result of a run. One failed claim makes it `notConformant`. It is `conformant` only if nothing ended it early,
 * at least one claim passed, and every other one is an extended claim that was skipped or is not supported and says
 * why. Everything else is `incomplete`: no verdict.
 */
export function verdictOf(claims: readonly Judged[], failure?: RunFailure): ConformanceReport['result'] {
  if (claims.some((claim) => claim.status === 'failed')) return 'notConformant';
  const complete = claims.every((claim) => claim.status === 'passed' || isExcused(claim));
  const passed = claims.some((claim) => claim.status === 'passed');
  return failure === undefined && complete && passed ? 'conformant' : 'incomplete';
}

type Judged = Pick<ClaimResult, 'status' | 'reason'> & Partial<Pick<ClaimResult, 'level'>>;

function isExcused({ level, status, reason }: Judged): boolean {
  return level === 'extended' && (status === 'skipped' || status === 'notSupported') && reason !== undefined;
}

/** The exit code for a report: what ended the run early comes first; a run without a verdict is never 0. */
export function exitCodeFor(report: Pick<ConformanceReport, 'result' | 'failure'>): number {
  if (report.failure !== undefined) return EXIT[report.failure.kind];
  return report.result === 'conformant' ? EXIT.conformant : EXIT.claimFailed;
}
