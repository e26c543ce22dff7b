/** Aborts the read of a source that sends nothing for too long, so that a session does not wait without end. */

/** The source sent no row and no end of the answer for `timeoutMs`. */
export class SilentSourceError extends Error {
  override readonly name = 'SilentSourceError';
  constructor(readonly timeoutMs: number) {
    super(`source: expected a row or the end of the answer within ${timeoutMs} ms, was silent`);
  }
}

/**
 * Runs `work` until it ends or has been silent for `timeoutMs`.
 * @param work calls `onProgress` for every row or pack; its signal is aborted on a timeout, and its result is ignored then
 * @throws SilentSourceError, and what `work` throws
 */
export async function unlessSilent<T>(
  timeoutMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal, onProgress: () => void) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const ended = new AbortController();
  let hasProgress = false;
  let timer: NodeJS.Timeout | undefined;
  const answer = new Promise<T>((resolve, reject) => {
    // Millions of rows come: each one sets a flag, and only the timer reads the clock.
    const watch = () => {
      hasProgress = false;
      timer = setTimeout(() => {
        if (hasProgress) return watch();
        const error = new SilentSourceError(timeoutMs);
        ended.abort(error);
        reject(error);
      }, timeoutMs);
    };
    watch();
    signal.addEventListener('abort', () => reject(reasonOf(signal)), { once: true, signal: ended.signal });
    // Aborted work may still fail later: the promise is settled then.
    work(AbortSignal.any([signal, ended.signal]), () => (hasProgress = true)).then(resolve, reject);
  });
  try {
    return await answer;
  } finally {
    clearTimeout(timer);
    ended.abort(); // removes the listener; the work has ended or is to end
  }
}

function reasonOf({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}
