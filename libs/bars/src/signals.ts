/** Combines abort signals, and ends a wait when one aborts. */

/** The signals of each combined one. An entry lives as long as its combined signal, and keeps the signals alive. */
const sources = new WeakMap<AbortSignal, readonly AbortSignal[]>();

/**
 * A signal that is aborted as soon as one of `signals` is, with its reason. Use it in place of `AbortSignal.any`, which on Node 20 only
 * refers weakly to its signals: an `AbortSignal.timeout` that nothing else refers to is collected and never aborts.
 */
export function anySignal(signals: readonly AbortSignal[]): AbortSignal {
  const combined = AbortSignal.any([...signals]);
  sources.set(combined, signals);
  return combined;
}

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
