import { deadline } from '../../common/deadlines.ts';
import { pause, toTheEnd } from '../../common/ending.ts';
import { apiStatus, ApiFailure } from '../../cluster/kube/failure.ts';
import type { Scene } from './scene.ts';

/**
 * Has somebody write without end, with so many milliseconds between, until the sabotage is undone: no claim that is ended
 * ends it, nor does one write in thousands that fails. Any other failure is told to whoever undoes it.
 */
export function keepWriting({ undo }: Scene, write: () => Promise<void>, between = deadline('poll')): void {
  const stop = new AbortController();
  const writing = toTheEnd(async () => {
    while (!stop.signal.aborted) {
      await write().catch((error: unknown) => {
        if (!mayPass(error)) throw error;
      });
      await pause(between);
    }
  });
  writing.catch(() => undefined);
  undo.defer(async () => {
    stop.abort();
    await writing;
  });
}

/** What it wrote to has gone meanwhile or is another, or the API server has not answered. */
const mayPass = (error: unknown): boolean =>
  error instanceof ApiFailure && [undefined, 404, 409, 429, 500, 503].includes(apiStatus(error));
