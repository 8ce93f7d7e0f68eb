import { setTimeout as delay } from 'node:timers/promises';
import { type Deadline, deadline } from './deadlines.ts';
import { messageOf } from './errors.ts';

export interface EventuallyOptions {
  /** What is waited for, as the end of the sentence «timed out waiting for …». */
  waitingFor: string;
  within: Deadline;
  /** Successes in a row that count as «it holds»; one is enough for states that do not flap. */
  inARow?: number;
  signal?: AbortSignal;
}

/** A wait that ended without its condition: says how often it tried, for how long, and what it saw last. */
export class WaitFailure extends Error {
  constructor(waitingFor: string, tries: number, elapsed: number, last: unknown) {
    const seconds = (elapsed / 1000).toFixed(1);
    super(`timed out waiting for ${waitingFor}: ${tries} tries in ${seconds} s; the last said: ${messageOf(last)}`, {
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
  let successes = 0;
  for (let tries = 1; ; tries++) {
    options.signal?.throwIfAborted();
    try {
      const value = await attempt();
      successes += 1;
      if (successes >= (options.inARow ?? 1)) return value;
    } catch (error) {
      successes = 0;
      if (error instanceof Fatal) throw error.cause;
      const elapsed = Date.now() - started;
      if (elapsed > limit) throw new WaitFailure(options.waitingFor, tries, elapsed, error);
    }
    await delay(deadline('poll'), undefined, options.signal === undefined ? {} : { signal: options.signal }).catch(
      () => {
        options.signal?.throwIfAborted(); // with the reason of the abort instead of a bare AbortError
      },
    );
  }
}

/** Thrown inside {@link eventually}: no further try can succeed, `cause` is the reason. */
export class Fatal extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}
