import { feedLimit, type FeedLimitInput } from './feed-loop.js';

const END = 10_000;
const NOW = 500;
const TIMEOUT_MS = 100;
/** Early enough that it excuses no silence. */
const LONG_AGO = 0;
const stream = (symbol: string, reached: number, heardAt: number, ended = false) => ({
  symbol,
  reached,
  heardAt,
  ended,
});
/** By default this process first looked 50 ms ago, so that no stream has had the time to fall silent. */
const limitOf = (streams: FeedLimitInput['streams'], input: Partial<FeedLimitInput> = {}) => {
  const defaults = { now: NOW, end: END, timeoutMs: TIMEOUT_MS, firstLookAt: NOW - 50, silences: new Map() };
  const { limit, silent, nextSilenceAt } = feedLimit({ ...defaults, streams, ...input });
  return { limit, silent: silent.map(({ symbol }) => symbol), nextSilenceAt };
};

test('the frontier goes to the lowest time that every open stream has reached', () => {
  expect(limitOf([stream('A', 300, 490), stream('B', 200, 480)])).toEqual({
    limit: 200,
    silent: [],
    nextSilenceAt: 480 + TIMEOUT_MS,
  });
});

test('a stream that ended does not hold the frontier, which goes to the end when all have ended', () => {
  expect(limitOf([stream('A', 300, 490), stream('B', 200, 480, true)]).limit).toBe(300);
  const all = [stream('A', 300, 490, true), stream('B', 200, 480, true)];
  expect(limitOf(all)).toEqual({ limit: END, silent: [], nextSilenceAt: Infinity });
});

test('a silent stream does not hold the frontier until it sends again', () => {
  const streams = (heardB: number) => [stream('A', 300, 480), stream('B', 200, heardB)];
  const firstLookAt = LONG_AGO;
  const withoutB = { limit: 300, silent: ['B'], nextSilenceAt: 480 + TIMEOUT_MS };
  expect(limitOf(streams(NOW - TIMEOUT_MS - 1), { firstLookAt })).toEqual(withoutB);
  expect(limitOf(streams(NOW - 1), { firstLookAt }).limit).toBe(200);
});

test('a stream that never sent falls silent when this process has looked for the same time', () => {
  const streams = [stream('A', 300, 490), stream('B', 0, 0)];
  expect(limitOf(streams, { firstLookAt: 450 })).toEqual({ limit: 0, silent: [], nextSilenceAt: 450 + TIMEOUT_MS });
  expect(limitOf(streams, { firstLookAt: NOW - TIMEOUT_MS }).silent).toEqual(['B']);
});

test('a stream that was recorded as silent by an earlier owner remains silent until it sends', () => {
  const streams = (heardB: number) => [stream('A', 300, 490), stream('B', 200, heardB)];
  const silences = new Map([['B', 7]]);
  expect(limitOf(streams(7), { silences })).toMatchObject({ limit: 300, silent: ['B'] });
  expect(limitOf(streams(8), { silences }).limit).toBe(200);
});

test('the frontier goes to the time of the furthest stream when no stream holds it', () => {
  expect(limitOf([stream('A', 300, 1), stream('B', 200, 1)], { firstLookAt: LONG_AGO }).limit).toBe(300);
});
