import { feedLimit, type FeedLimitInput } from './feed-loop.js';

const END = 10_000;
const stream = (symbol: string, reached: number, heardAt: number, ended = false) => ({
  symbol,
  reached,
  heardAt,
  ended,
});
const limitOf = (streams: FeedLimitInput['streams'], input: Partial<FeedLimitInput> = {}) => {
  const defaults = { now: 500, end: END, timeoutMs: 100, since: 450, silences: new Map() };
  const { limit, silent, nextSilenceAt } = feedLimit({ ...defaults, streams, ...input });
  return { limit, silent: silent.map(({ symbol }) => symbol), nextSilenceAt };
};

test('the frontier goes to the lowest time that every open stream has reached', () => {
  expect(limitOf([stream('A', 300, 490), stream('B', 200, 480)])).toEqual({
    limit: 200,
    silent: [],
    nextSilenceAt: 580,
  });
});

test('a stream that ended does not hold the frontier, which goes to the end when all have ended', () => {
  expect(limitOf([stream('A', 300, 490), stream('B', 200, 480, true)]).limit).toBe(300);
  const all = [stream('A', 300, 490, true), stream('B', 200, 480, true)];
  expect(limitOf(all)).toEqual({ limit: END, silent: [], nextSilenceAt: Infinity });
});

test('a silent stream does not hold the frontier until it sends again', () => {
  const silent = { limit: 300, silent: ['B'], nextSilenceAt: 580 };
  expect(limitOf([stream('A', 300, 480), stream('B', 200, 399)], { since: 0 })).toEqual(silent);
  expect(limitOf([stream('A', 300, 480), stream('B', 200, 499)], { since: 0 }).limit).toBe(200);
});

test('a stream that never sent falls silent after the same time', () => {
  expect(limitOf([stream('A', 300, 490), stream('B', 0, 0)])).toEqual({ limit: 0, silent: [], nextSilenceAt: 550 });
  expect(limitOf([stream('A', 300, 490), stream('B', 0, 0)], { since: 400 }).silent).toEqual(['B']);
});

test('a stream that was silent before this process looked remains silent until it sends', () => {
  expect(limitOf([stream('A', 300, 490), stream('B', 200, 7)], { silences: new Map([['B', 7]]) })).toMatchObject({
    limit: 300,
    silent: ['B'],
  });
  expect(limitOf([stream('A', 300, 490), stream('B', 200, 8)], { silences: new Map([['B', 7]]) }).limit).toBe(200);
});

test('the frontier goes to the time of the furthest stream when no stream holds it', () => {
  expect(limitOf([stream('A', 300, 1), stream('B', 200, 1)], { since: 0 }).limit).toBe(300);
});
