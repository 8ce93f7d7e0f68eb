import { toTheEnd } from '../../harness/common/ending.ts';
import { apiMessage } from '../../harness/cluster/kube/failure.ts';

/** Does the work and then undoes it, whatever has happened: also where the work was stopped. */
export async function andUndo(work: () => Promise<void>, undo: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    return await undoAfter(error, undo);
  }
  await toTheEnd(undo);
}

/**
 * Undoes what has failed, and fails with it: unlike `finally` this never hides why. Where the undoing fails too, both are
 * told.
 */
export async function undoAfter(error: unknown, undo: () => Promise<unknown>): Promise<never> {
  await toTheEnd(undo).catch((left: unknown) => {
    throw new Error(`${apiMessage(error)}\nand it could not be undone: ${apiMessage(left)}`, { cause: error });
  });
  throw error;
}
