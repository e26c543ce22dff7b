import { feedLimit, type FeedLimitInput } from './feed-loop.js';

const END = 10_000;
const NOW = 500;
const TIMEOUT_MS = 100;
/** Early enough that it excuses no silence. */
const LONG_AGO = 0;
/** Two streams that sent a moment ago; A has reached a later time than B. */
const A = { symbol: 'A', reached: 300, heardAt: 490, ended: false };
const B = { symbol: 'B', reached: 200, heardAt: 480, ended: false };
/** By default this process first looked 50 ms ago, so that no stream has had the time to fall silent. */
const limitOf = (streams: FeedLimitInput['streams'], input: Partial<FeedLimitInput> = {}) => {
  const defaults = { now: NOW, end: END, timeoutMs: TIMEOUT_MS, firstLookAt: NOW - 50, silences: new Map() };
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
  const firstLookAt = LONG_AGO;
  const silentB = { ...B, heardAt: NOW - TIMEOUT_MS - 1 };
  const withoutB = { limit: A.reached, silent: ['B'], nextSilenceAt: A.heardAt + TIMEOUT_MS };
  expect(limitOf([A, silentB], { firstLookAt })).toEqual(withoutB);
  expect(limitOf([A, { ...B, heardAt: NOW - 1 }], { firstLookAt }).limit).toBe(B.reached);
});

test('a stream that never sent falls silent when this process has looked for the same time', () => {
  const streams = [A, { ...B, reached: 0, heardAt: 0 }];
  expect(limitOf(streams, { firstLookAt: 450 })).toEqual({ limit: 0, silent: [], nextSilenceAt: 450 + TIMEOUT_MS });
  expect(limitOf(streams, { firstLookAt: NOW - TIMEOUT_MS }).silent).toEqual(['B']);
});

test('a stream that was recorded as silent by an earlier owner remains silent until it sends', () => {
  const silences = new Map([['B', B.heardAt]]);
  expect(limitOf([A, B], { silences })).toMatchObject({ limit: A.reached, silent: ['B'] });
  expect(limitOf([A, { ...B, heardAt: B.heardAt + 1 }], { silences }).limit).toBe(B.reached);
});

test('the frontier goes to the time of the furthest stream when no stream holds it', () => {
  const silent = [A, B].map((stream) => ({ ...stream, heardAt: 1 }));
  expect(limitOf(silent, { firstLookAt: LONG_AGO }).limit).toBe(A.reached);
});
