/** Aborts the read of a source that sends nothing for too long, so that no session waits for it for hours. */
import { orAborted } from '@barkeep/bars';

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
  const silence = new AbortController();
  // There are millions of rows: each one only sets a flag, and the timer looks at the flag.
  let hasProgress = false;
  const timer = setInterval(() => {
    if (!hasProgress) silence.abort(new SilentSourceError(timeoutMs));
    hasProgress = false;
  }, timeoutMs);
  const ended = AbortSignal.any([signal, silence.signal]);
  try {
    return await orAborted(() => work(ended, () => (hasProgress = true)), ended);
  } finally {
    clearInterval(timer);
  }
}
