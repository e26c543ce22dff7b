/** I11 is an invariant of docs/ARCHITECTURE.md. */
import { RewindError } from '@barkeep/session-data';
import { FrontierLoop } from './frontier-loop.js';

/**
 * A loop that waits for the clock and never reads: its only window is a day ahead of the clock, and `stagedDays` 1 allows only the day of
 * the clock.
 * @param waitForClock what the loop calls to wait
 * @returns `starts` tells how many times the loop has begun to stream
 */
function waitingLoop(waitForClock: (stop: AbortSignal) => Promise<void>) {
  let starts = 0;
  const clockDay = 0;
  const layout = {
    *windowsFrom() {
      starts++;
      yield { dayIndex: clockDay + 1, to: 1, fromSlot: 0, toSlot: 1 };
    },
    dayIndexAt: () => clockDay,
    days: [],
    isHistory: () => false,
  };
  const parts = { layout, stagedDays: 1, warn: () => undefined };
  const clockMoved = { wait: (_timeoutMs: number, stop: AbortSignal) => waitForClock(stop) };
  const progress = { frontier: 0, clock: 0, clockMoved };
  const source = {
    windowsFrom: () => ({ read: () => Promise.reject(new Error('expected no read')), close: async () => undefined }),
    forgetFrontiers: () => undefined,
  };
  const loop = new FrontierLoop(parts as never, source, progress as never);
  return { loop, starts: () => starts };
}

test('I11 the frontier loop ends when it is stopped because the store was set back', async () => {
  const { loop, starts } = waitingLoop(async (stop) => stop.throwIfAborted());
  const reason = new RewindError('s', 0);
  await expect(loop.run(AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(starts()).toBe(1);
});

test('I11 the frontier loop starts again a bounded number of times when the store keeps losing its writes', async () => {
  const { loop, starts } = waitingLoop(() => Promise.reject(new RewindError('s', 0)));
  await expect(loop.run(new AbortController().signal)).rejects.toBeInstanceOf(RewindError);
  expect(starts()).toBe(1 + 10); // the first start, and RESTARTS_MAX restarts
});
