import { toTheEnd } from '../../harness/common/ending.ts';
import { apiMessage } from '../../harness/cluster/kube/failure.ts';

/**
 * Does the work and then undoes it, whatever has happened: also where the work was stopped. Unlike `finally` it never hides why the work failed: where
 * the undoing fails too, both are told.
 */
export async function andUndo(work: () => Promise<void>, undo: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await toTheEnd(undo).catch((left: unknown) => {
      throw new Error(`${apiMessage(error)}\nand it could not be undone: ${apiMessage(left)}`, { cause: error });
    });
    throw error;
  }
  await toTheEnd(undo);
}
