import { EXIT } from '../../common/errors.ts';
import type { ClaimResult, ConformanceReport, RunFailure } from './model.ts';

/**
 * The result of a run. One failed claim makes it `notConformant`. It is `conformant` only if nothing ended it early,
 * at least one claim passed, and every other one is an extended claim that was skipped or is not supported and says
 * why. Everything else is `incomplete`: no verdict.
 */
export function verdictOf(claims: readonly Judged[], failure?: RunFailure): Result {
  if (claims.some((claim) => claim.status === 'failed')) return 'notConformant';
  const passed = claims.some((claim) => claim.status === 'passed');
  return failure === undefined && isComplete(claims) && passed ? 'conformant' : 'incomplete';
}

const BEST_FIRST: readonly Result[] = ['conformant', 'incomplete', 'notConformant'];

/** The worse of two results: what is known of a run beside its claims may spoil its verdict, never better it. */
export const worseOf = (a: Result, b: Result): Result => (BEST_FIRST.indexOf(a) > BEST_FIRST.indexOf(b) ? a : b);

type Result = ConformanceReport['result'];

type Judged = Pick<ClaimResult, 'status' | 'reason'> & Partial<Pick<ClaimResult, 'level'>>;

const isComplete = (claims: readonly Judged[]) =>
  claims.every((claim) => claim.status === 'passed' || isExcused(claim));

function isExcused({ level, status, reason }: Judged): boolean {
  return level === 'extended' && (status === 'skipped' || status === 'notSupported') && reason !== undefined;
}

/**
 * The exit code for a report: what ended the run early comes first; a run without a verdict is never 0. A shard needs
 * none, only that all its claims, if it has any, passed or are excused: the verdict is that of the merged report.
 */
export function exitCodeFor({ result, failure, run, claims }: Outcome): number {
  if (failure !== undefined) return EXIT[failure.kind];
  const isDone = run.shard !== undefined && result === 'incomplete' && isComplete(claims);
  return result === 'conformant' || isDone ? EXIT.conformant : EXIT.claimFailed;
}

type Outcome = Pick<ConformanceReport, 'result' | 'failure' | 'run' | 'claims'>;
