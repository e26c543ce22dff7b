/** Ends a wait when a signal aborts. */

/**
 * Resolves to the result of `ask`, or rejects when the signal aborts first, so that a repository, a lock or a strategy that keeps the
 * caller waiting does not keep it from stopping. Ignores a later result. Does not call `ask` when the signal has aborted already.
 * @throws the signal's reason
 */
export async function orAborted<T>(ask: () => T, signal: AbortSignal | undefined): Promise<Awaited<T>> {
  if (signal === undefined) return await ask();
  signal.throwIfAborted();
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason as Error);
  });
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([ask(), aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
