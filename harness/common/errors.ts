import { redact } from './redact/redact.ts';

/** The process exit codes of the command line (see README). */
export const EXIT = {
  conformant: 0,
  claimFailed: 1,
  usage: 2,
  environment: 3,
  lab: 4,
  bug: 5,
  /** Of `audit` alone: trusted as far as seen, and not everything was. */
  partlyUnseen: 6,
  /** Of `audit` alone: trusted now, and the next restart of an istiod breaks or changes something. */
  breaksAtRestart: 7,
  interrupted: 130,
} as const;

export type FailureKind = 'usage' | 'environment' | 'lab' | 'interrupted';

export interface FailureDetail {
  /** What the user does next, as one sentence. */
  next?: string;
  /** The command or request that failed. */
  command?: string;
  /** What it printed or answered; shown last. */
  evidence?: string;
  cause?: unknown;
}

/** A failure with a reason a user can act on. Its message is reason, next step, command, evidence, in that order. */
export class Failure extends Error {
  readonly kind: FailureKind;
  readonly reason: string;

  constructor(kind: FailureKind, reason: string, detail: FailureDetail = {}) {
    const lines = [reason];
    if (detail.next !== undefined) lines.push(detail.next);
    if (detail.command !== undefined) lines.push(`  command: ${detail.command}`);
    if (detail.evidence !== undefined && detail.evidence.trim() !== '') {
      lines.push(...lastLines(detail.evidence, 20).map((line) => `  | ${line}`));
    }
    super(lines.join('\n'), { cause: detail.cause });
    this.name = 'Failure';
    this.kind = kind;
    this.reason = reason;
  }
}

/** Wrong use or configuration: exit code 2. */
export const usageFailure = (reason: string, detail?: FailureDetail) => new Failure('usage', reason, detail);
/** Machine, engine, network or supply: exit code 3. */
export const environmentFailure = (reason: string, detail?: FailureDetail) =>
  new Failure('environment', reason, detail);
/** The lab could not be brought up: exit code 4. */
export const labFailure = (reason: string, detail?: FailureDetail) => new Failure('lab', reason, detail);

/** Exit code for whatever ended a command; anything that is not a {@link Failure} is a bug of ours. */
export function exitCodeOf(error: unknown): number {
  const failure = failureOf(error);
  return failure === undefined ? EXIT.bug : EXIT[failure.kind];
}

/**
 * What ended a command, as a failure; undefined for a bug of ours. Where cleaning up failed after something else had
 * (`SuppressedError`), the first is what ended it, and both are told.
 */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error;
  if (!(error instanceof SuppressedError)) return undefined;
  const [first, second] = [failureOf(error.suppressed), failureOf(error.error)];
  if (first === undefined || second === undefined) return undefined;
  return new Failure(first.kind, first.message, { next: second.message, cause: error });
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The end of a text, without what looks like a key: that is known by its whole, which the cut would take away. */
export function lastLines(text: string, count: number): string[] {
  return redact(text).trimEnd().split('\n').slice(-count);
}
