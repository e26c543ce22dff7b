import { feedLimit, type FeedLimitInput } from './feed-limit.js';

const END = 10_000;
const NOW = 500;
const TIMEOUT_MS = 100;
/** A process that has looked since then has looked for longer than the timeout, so silence counts. */
const LONG_AGO = 0;
/** Two streams that sent a moment ago; A has reached a later time than B. */
const A = { symbol: 'A', reached: 300, heardAt: 490, ended: false };
const B = { symbol: 'B', reached: 200, heardAt: 480, ended: false };
/** By default this process has looked for 50 ms, so that no stream has had the time to fall silent. */
const limitOf = (streams: FeedLimitInput['streams'], input: Partial<FeedLimitInput> = {}) => {
  const defaults = { now: NOW, end: END, timeoutMs: TIMEOUT_MS, lookingSince: NOW - 50, silences: new Map() };
  const { limit, silent, nextSilenceAt } = feedLimit({ ...defaults, streams, ...input });
  return { limit, silent: silent.map(({ symbol }) => symbol), nextSilenceAt };
};

test('the frontier goes to the lowest time that every open stream has reached', () => {
  expect(limitOf([A, B])).toEqual({ limit: B.reached, silent: [], nextSilenceAt: B.heardAt + TIMEOUT_MS });
});

test('a stream that ended does not hold the frontier, which goes to the end when all have ended', () => {
  const [endedA, endedB] = [A, B].map((stream) => ({ ...stream, ended: true }));
  expect(limitOf([A, endedB!]).limit).toBe(A.reached);
  expect(limitOf([endedA!, endedB!])).toEqual({ limit: END, silent: [], nextSilenceAt: Infinity });
});

test('a silent stream does not hold the frontier until it sends again', () => {
  const lookingSince = LONG_AGO;
  const silentB = { ...B, heardAt: NOW - TIMEOUT_MS - 1 };
  const withoutB = { limit: A.reached, silent: ['B'], nextSilenceAt: A.heardAt + TIMEOUT_MS };
  expect(limitOf([A, silentB], { lookingSince })).toEqual(withoutB);
  expect(limitOf([A, { ...B, heardAt: NOW - 1 }], { lookingSince }).limit).toBe(B.reached);
});

test('a stream that never sent falls silent when this process has looked for the timeout', () => {
  const streams = [A, { ...B, reached: 0, heardAt: 0 }];
  expect(limitOf(streams, { lookingSince: 450 })).toEqual({ limit: 0, silent: [], nextSilenceAt: 450 + TIMEOUT_MS });
  expect(limitOf(streams, { lookingSince: NOW - TIMEOUT_MS }).silent).toEqual(['B']);
});

test('a stream that was recorded as silent by an earlier owner remains silent until it sends', () => {
  const silences = new Map([['B', B.heardAt]]); // symbol → its last message before it was recorded as silent
  expect(limitOf([A, B], { silences })).toMatchObject({ limit: A.reached, silent: ['B'] });
  expect(limitOf([A, { ...B, heardAt: B.heardAt + 1 }], { silences }).limit).toBe(B.reached);
});

test('the frontier goes to the time of the furthest stream when no stream holds it', () => {
  const silent = [A, B].map((stream) => ({ ...stream, heardAt: 1 }));
  expect(limitOf(silent, { lookingSince: LONG_AGO }).limit).toBe(A.reached);
});

test('a stream that has just sent is not silent after the clock of Redis was set back by a moment', () => {
  const lookingSince = LONG_AGO; // the looks before and after did not show the change
  expect(limitOf([A, { ...B, heardAt: NOW + 10 }], { lookingSince })).toMatchObject({ limit: B.reached, silent: [] });
});
