type Works<T extends readonly unknown[]> = { [K in keyof T]: (signal: AbortSignal) => Promise<T[K]> };

/**
 * Runs work side by side and returns all results. The first failure stops the rest through the signal they are given;
 * it is thrown once all have ended, so nothing goes on behind the caller's back.
 */
export async function together<const T extends readonly unknown[]>(signal: AbortSignal, works: Works<T>): Promise<T> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const guarded = (works as readonly ((signal: AbortSignal) => Promise<unknown>)[]).map(async (work) => {
    try {
      return await work(either);
    } catch (error) {
      failed.abort(error); // only the first call counts
      return undefined;
    }
  });
  const results = await Promise.all(guarded);
  signal.throwIfAborted();
  failed.signal.throwIfAborted();
  return results as unknown as T;
}
