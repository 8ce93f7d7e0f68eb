import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { defined } from './defined.ts';

/** The signals that end the work under way, each set by whoever started it. */
const ends = new AsyncLocalStorage<AbortSignal | undefined>();

/**
 * Does work that ends when the signal is aborted: every wait, request and pause beneath it takes the signal from here,
 * without being handed it. One that stands around it already ends the work as well.
 */
export const endingWith = <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> =>
  ends.run(anyOf(signal, ends.getStore()), work);

/** Does work that is to come to its end whatever has been aborted around it: what has been changed is put back. */
export const toTheEnd = <T>(work: () => Promise<T>): Promise<T> => ends.run(undefined, work);

/** The signal that ends the work under way, and whatever else is to end it; undefined where nothing does. */
export const endOfWork = (...more: (AbortSignal | undefined)[]): AbortSignal | undefined =>
  anyOf(ends.getStore(), ...more);

/** Waits so many milliseconds; fails, with the reason of the abort, when the work ends meanwhile. */
export async function pause(milliseconds: number, ...more: (AbortSignal | undefined)[]): Promise<void> {
  const signal = endOfWork(...more);
  await delay(milliseconds, undefined, defined({ signal })).catch((error: unknown) => {
    signal?.throwIfAborted(); // with the reason instead of a bare AbortError
    throw error;
  });
}

function anyOf(...signals: (AbortSignal | undefined)[]): AbortSignal | undefined {
  const given = signals.filter((signal) => signal !== undefined);
  return given.length > 1 ? AbortSignal.any(given) : given[0];
}
