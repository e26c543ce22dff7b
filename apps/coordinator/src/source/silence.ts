/** Gives up on a source that says nothing for too long, so that a session does not wait for ever. */

/** The source gave no answer, and no further row, for that long. */
export class SilentSourceError extends Error {
  override readonly name = 'SilentSourceError';
  constructor(readonly timeoutMs: number) {
    super(`source: expected a row or the end of the answer within ${timeoutMs} ms, was silent`);
  }
}

/**
 * Runs `work` until it ends or has been silent for `timeoutMs`.
 * @param work calls `heard` for every sign of life; its signal is aborted when it is given up, and what it does afterwards
 *   is nobody's concern
 * @throws SilentSourceError, and what `work` throws
 */
export async function unlessSilent<T>(
  timeoutMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal, heard: () => void) => Promise<T>,
): Promise<T> {
  const silence = new AbortController();
  let isHeard = false;
  let timer: NodeJS.Timeout | undefined;
  const silent = new Promise<never>((_, reject) => {
    // Rows come by the million: they set a flag, and only the timer looks at the time.
    const listen = () => {
      isHeard = false;
      timer = setTimeout(() => {
        if (isHeard) return listen();
        const error = new SilentSourceError(timeoutMs);
        silence.abort(error);
        reject(error);
      }, timeoutMs);
    };
    listen();
  });
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(reasonOf(signal)), { once: true, signal: silence.signal });
  });
  const answer = work(AbortSignal.any([signal, silence.signal]), () => (isHeard = true));
  answer.catch(() => undefined); // one that was given up may fail whenever it likes
  try {
    signal.throwIfAborted();
    return await Promise.race([answer, silent, aborted]);
  } finally {
    clearTimeout(timer);
    silence.abort(); // takes the listener away; the work has ended, or is to end
  }
}

function reasonOf({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}
