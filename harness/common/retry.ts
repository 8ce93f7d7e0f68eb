import { type Deadline, deadline } from './deadlines.ts';
import { endOfWork, pause } from './ending.ts';
import { Failure, messageOf } from './errors.ts';

export interface EventuallyOptions {
  /** What is waited for, as the end of the sentence «timed out waiting for …». */
  waitingFor: string;
  within: Deadline;
  /** Successes in a row that count as «it holds»; one is enough for states that do not flap. */
  inARow?: number;
  signal?: AbortSignal;
  /** What the user does when it does not come about, as one sentence. */
  next?: string;
}

const NEXT = 'Run the command again; where the machine or the cluster is merely slow, raise deadlines.scale.';

/** A wait that ended without its condition: says how often it tried, for how long, and what it saw last. Exit code 4. */
export class WaitFailure extends Failure {
  constructor({ waitingFor, next = NEXT }: EventuallyOptions, tries: number, elapsed: number, last: unknown) {
    const seconds = (elapsed / 1000).toFixed(1);
    const said = last instanceof Failure ? last.reason : messageOf(last);
    super('lab', `timed out waiting for ${waitingFor}: ${tries} tries in ${seconds} s; the last said: ${said}`, {
      next,
      cause: last,
    });
    this.name = 'WaitFailure';
  }
}

/**
 * Calls `attempt` until it has succeeded `inARow` times without a failure between; a failure is a thrown sentence,
 * never a returned boolean. Returns what the last call returned.
 */
export async function eventually<T>(attempt: () => Promise<T>, options: EventuallyOptions): Promise<T> {
  const started = Date.now();
  const limit = deadline(options.within);
  const signal = endOfWork(options.signal);
  let successes = 0;
  for (let tries = 1; ; tries++) {
    signal?.throwIfAborted();
    try {
      const value = await attempt();
      successes += 1;
      if (successes >= (options.inARow ?? 1)) return value;
    } catch (error) {
      successes = 0;
      if (error instanceof Fatal) throw error.cause;
      signal?.throwIfAborted();
      const elapsed = Date.now() - started;
      if (elapsed > limit) throw new WaitFailure(options, tries, elapsed, error);
    }
    await pause(deadline('poll'), options.signal);
  }
}

/** Thrown inside {@link eventually}: no further try can succeed, `cause` is the reason. */
export class Fatal extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}
