/** I1 is an invariant of docs/ARCHITECTURE.md. */
import { FeedLoop } from './feed-loop.js';

/** Later than every look of these tests, so that the loop does not end by itself. */
const END = 10_000_000;

/**
 * Runs a loop over two streams with a timeout of 3 s. A sends before every look, B before the first one only, or never.
 * @param looksAt the time of each look, by the clock of Redis, ms @param heardAtOfB 0 when B never sends
 * @returns the streams that fell silent
 */
async function silentStreams(looksAt: readonly number[], heardAtOfB = looksAt[0]!): Promise<string[]> {
  const stop = new AbortController();
  const silent: string[] = [];
  let looks = 0;
  const feedFrontier = {
    frontier: 0,
    silences: () => Promise.resolve(new Map()),
    progress: () => {
      const now = looksAt[looks++]!;
      if (looks === looksAt.length) stop.abort(new Error('the test is over'));
      const streams = [
        { symbol: 'A', reached: 0, heardAt: now, ended: false },
        { symbol: 'B', reached: 0, heardAt: heardAtOfB, ended: false },
      ];
      return Promise.resolve({ now, streams });
    },
    noteSilent: (symbol: string) => Promise.resolve(silent.push(symbol)),
  };
  const layout = { end: END, spec: { feed: { timeoutSeconds: 3 } }, slotEndBefore: (time: number) => time };
  const wake = { wait: () => Promise.resolve(false) };
  const loop = new FeedLoop({ layout } as never, { feedFrontier, wake } as never, {} as never);
  await expect(loop.run(stop.signal)).rejects.toThrow('the test is over');
  return silent;
}

test('a stream falls silent once when the loop has looked at it for the whole timeout', async () => {
  expect(await silentStreams([0, 1_000, 2_000, 3_000, 4_000, 5_000])).toEqual(['B']);
});

test('I1 a time in which the process or Redis was away does not count as silence', async () => {
  const hour = 3_600_000;
  expect(await silentStreams([0, 1_000, hour, hour + 1_000, hour + 2_000])).toEqual([]);
  expect(await silentStreams([0, 1_000, hour, hour + 1_000, hour + 2_000, hour + 3_000])).toEqual(['B']);
});

test('a stream that sends nothing falls silent in time after the clock of Redis was set back', async () => {
  const hour = 3_600_000;
  const looksAt = [hour, hour + 1_000, 1_000, 2_000, 3_000, 4_000]; // the clock goes back at the third look
  expect(await silentStreams(looksAt, 0)).toEqual(['B']);
});

test('a stream that has sent falls silent in time after the clock of Redis was set back', async () => {
  const hour = 3_600_000;
  const looksAt = [hour, hour + 1_000, 1_000, 2_000, 3_000, 4_000];
  expect(await silentStreams(looksAt, hour)).toEqual(['B']);
});
