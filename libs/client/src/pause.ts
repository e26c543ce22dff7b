import { setTimeout as delay } from 'node:timers/promises';

/** Waits `ms`. An abort ends the wait at once. @throws the signal's reason */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  // `delay` rejects with an AbortError, whose cause is the signal's reason.
  await delay(ms, undefined, { signal }).catch(() => signal?.throwIfAborted());
}
