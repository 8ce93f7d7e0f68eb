import { deadline } from '../../common/deadlines.ts';
import { endingWith } from '../../common/ending.ts';

/** A claim that went on, after its time, even when it was stopped: nothing that is seen beside it can be trusted. */
export class OverrunError extends Error {}

/**
 * Does the work of a claim, which is stopped after the deadline `claimGroup` and then given `claimUndo` to put back what
 * it has changed: the next one is not to find it still at work. Fails with an {@link OverrunError} if it does not end.
 */
export async function inTime(work: () => Promise<void>): Promise<void> {
  const limit = deadline('claimGroup');
  const ended = new AbortController();
  const tooLate = new Error(`no verdict within ${limit / 1000} s`);
  const timer = setTimeout(() => ended.abort(tooLate), limit);
  let grace: NodeJS.Timeout | undefined;
  const overrun = new Promise<never>((_, reject) => {
    ended.signal.addEventListener('abort', () => {
      const fail = () => reject(new OverrunError(`${tooLate.message}, and it could not be stopped`));
      grace = setTimeout(fail, deadline('claimUndo'));
    });
  });
  try {
    await Promise.race([endingWith(ended.signal, work), overrun]);
    ended.signal.throwIfAborted();
  } finally {
    clearTimeout(timer);
    clearTimeout(grace);
  }
}
