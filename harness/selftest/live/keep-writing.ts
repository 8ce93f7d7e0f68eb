import { deadline } from '../../common/deadlines.ts';
import { pause } from '../../common/ending.ts';
import type { Scene } from './scene.ts';

/** Has somebody write without end, with so many milliseconds between, until the sabotage is undone. */
export function keepWriting({ undo }: Scene, write: () => Promise<void>, between = deadline('poll')): void {
  const stop = new AbortController();
  const writing = (async () => {
    while (!stop.signal.aborted) {
      await write();
      await pause(between);
    }
  })();
  // Whoever undoes it is told.
  writing.catch(() => undefined);
  undo.defer(async () => {
    stop.abort();
    await writing;
  });
}
