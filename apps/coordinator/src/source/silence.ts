/** Aborts the read of a source that sends nothing for too long, so that no session waits for it for hours. */

/** The source sent no row and no end of the answer for `timeoutMs`. */
export class SilentSourceError extends Error {
  override readonly name = 'SilentSourceError';
  constructor(readonly timeoutMs: number) {
    super(`source: expected a row or the end of the answer within ${timeoutMs} ms, was silent`);
  }
}

/**
 * Runs `work` until it ends or has been silent for `timeoutMs`. The silence is noticed within twice that time.
 * @param work calls `onProgress` for every row or pack; on a timeout its signal is aborted and its result is ignored
 * @throws SilentSourceError, the reason of `signal`, what `work` throws
 */
export async function unlessSilent<T>(
  timeoutMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal, onProgress: () => void) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const ended = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const result = new Promise<T>((resolve, reject) => {
    // There are millions of rows: each one only sets a flag, and the timer looks at the flag.
    let hasProgress = false;
    const abortIfSilent = () => {
      if (!hasProgress) {
        const error = new SilentSourceError(timeoutMs);
        ended.abort(error);
        reject(error);
      }
      hasProgress = false;
    };
    timer = setInterval(abortIfSilent, timeoutMs);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true, signal: ended.signal });
    // Aborted work may fail later: that has no effect, because the promise is settled by then.
    work(AbortSignal.any([signal, ended.signal]), () => (hasProgress = true)).then(resolve, reject);
  });
  try {
    return await result;
  } finally {
    clearInterval(timer);
    ended.abort(); // removes the listener, and aborts work that has not ended
  }
}
