/**
 * Derived bars as a reader shows them: whole ones, and the forming bar of the bucket that contains the clock.
 * I2, I5: invariants at the end of docs/ARCHITECTURE.md.
 */
import type { Bar, ShownBar, TradingDay } from '@barkeep/bars';
import { holey, marketBars, tradingDays } from '../support/data/market.js';
import { plainBuckets, plainDerivedBar } from '../support/data/plain-derived.js';
import { deriveAll, flushUpTo, StoreServer, type TestStore } from '../support/sessions/session-store.js';

const server = new StoreServer();
afterAll(() => server.close());

const MINUTE = 60_000;
/** Derived intervals with their lengths in minutes. A bar of `1d` spans its whole trading day. */
const INTERVALS = { '5m': 5, '30m': 30, '1h': 60, '2h': 120, '4h': 240, '1d': Infinity } as const;
type DerivedInterval = keyof typeof INTERVALS;
const XNYS = { name: 'a half day', calendar: 'XNYS', start: '2015-12-23', end: '2015-12-28' };
const MARKETS = [
  XNYS,
  { name: 'lunch breaks and a half day', calendar: 'XHKG', start: '2024-12-23', end: '2024-12-27' },
  { name: 'days that open on the evening before', calendar: 'CMES', start: '2024-11-26', end: '2024-11-28' },
];

/** The spec of a session over one of MARKETS. */
function specOf({ calendar, start, end }: typeof XNYS, { windowMinutes }: { windowMinutes: number }) {
  return {
    symbols: ['AAA'],
    calendar,
    start,
    end,
    derivedIntervals: Object.keys(INTERVALS),
    source: { type: 'dataset', dataset: 'stream' },
    upkeep: { barrier: { minutes: windowMinutes } },
  };
}

/** The bars of an interval that reads must show at a clock, made from the base bars. */
function expectedBars(
  days: readonly TradingDay[],
  baseBars: readonly Bar[],
  interval: DerivedInterval,
  clock: number,
): ShownBar[] {
  const buckets = plainBuckets(days, INTERVALS[interval]);
  return buckets.flatMap((bucket) => plainDerivedBar(days, bucket, baseBars, clock) ?? []);
}

/** Compares every read of every interval with the expected bars. */
async function expectShown(store: TestStore, baseBars: readonly Bar[], clock: number): Promise<void> {
  for (const interval of Object.keys(INTERVALS) as DerivedInterval[]) {
    await expectReads(store, interval, expectedBars(store.layout.days, baseBars, interval, clock), clock);
  }
}

async function expectReads(
  { reader, layout }: TestStore,
  interval: DerivedInterval,
  expected: readonly ShownBar[],
  clock: number,
): Promise<void> {
  for (const count of [1, 2, 9, 10_000]) {
    expect(await reader.lastBars('AAA', interval, count)).toEqual(expected.slice(-count));
  }
  expect(await reader.latestBar('AAA', interval)).toEqual(expected.at(-1));
  expect(await reader.barsBetween('AAA', interval, 0, Infinity)).toEqual(expected);
  expect(await reader.barsBetween('AAA', interval, 0, Infinity, 3)).toEqual(expected.slice(0, 3));
  const since = clock - 40 * MINUTE;
  expect(await reader.barsSince('AAA', interval, since)).toEqual(expected.filter(({ openTime }) => openTime >= since));

  // A forming bar does not count: its bucket closes after the clock.
  const buckets = plainBuckets(layout.days, INTERVALS[interval]);
  const closed = new Set(buckets.filter(({ close }) => close <= clock).map(({ open }) => open));
  expect(await reader.barCount('AAA', interval)).toBe(expected.filter(({ openTime }) => closed.has(openTime)).length);
}

test.each(MARKETS)(
  'I2 I5 $calendar, $name: reads show the derived bars of all days, and the forming bar up to the clock',
  async (dates) => {
    const market = holey(marketBars({ symbols: ['AAA'], ...dates, seed: 3 }), 0.2, 4);
    const baseBars = market.get('AAA')!;
    // Windows that end inside of buckets. On the longer days they are longer, so that there are not too many.
    const windowMinutes = dates.calendar === 'XNYS' ? 37 : 149;
    const store = await server.begin(server.layout(specOf(dates, { windowMinutes })));
    await expectShown(store, baseBars, store.layout.start);
    for (const { prev, to } of store.windows) {
      await flushUpTo(store, market, to);
      await deriveAll(store);
      const beforeFrontier = Math.max(prev, to - 7 * MINUTE);
      for (const clock of [beforeFrontier, to]) {
        await store.writer.moveClock(clock);
        await expectShown(store, baseBars, clock);
      }
    }
  },
);

/** The first day of the XNYS market, a whole one. */
const firstDay = tradingDays({ ...XNYS, end: XNYS.start })[0]!;
const { open, close } = firstDay.segments[0]!;

test('I2 a forming bar shows once its bucket has a visible bar', async () => {
  const market = marketBars({ symbols: ['AAA'], ...XNYS, seed: 5 });
  // The first bar of AAA opens 33 minutes after the open of the day, so it is visible at minute 34.
  const firstBarMinute = 33;
  market.set('AAA', market.get('AAA')!.slice(firstBarMinute));
  const store = await server.begin(server.layout(specOf(XNYS, { windowMinutes: 1 })));
  await flushUpTo(store, market, open + 40 * MINUTE);
  await store.writer.moveClock(open + firstBarMinute * MINUTE);
  expect(await store.reader.latestBar('AAA', '1h')).toBeUndefined();
  for (const minutes of [34, 35]) {
    const clock = open + minutes * MINUTE;
    await store.writer.moveClock(clock);
    const forming = { closeTime: clock, sourceCount: minutes - firstBarMinute, expectedCount: 60, complete: false };
    expect(await store.reader.latestBar('AAA', '1h')).toMatchObject(forming);
  }
});

test('a bucket that is closed and not derived yet does not show; the forming one after it does', async () => {
  const market = marketBars({ symbols: ['AAA'], ...XNYS, seed: 6 });
  const store = await server.begin(server.layout(specOf(XNYS, { windowMinutes: 10 })));
  await flushUpTo(store, market, open + 100 * MINUTE);
  // Without `deriveAll` no derived bar is stored. At minute 60 the first hour is closed, and at minute 70 the second is forming.
  await store.writer.moveClock(open + 60 * MINUTE);
  expect(await store.reader.lastBars('AAA', '1h', 9)).toEqual([]);
  await store.writer.moveClock(open + 70 * MINUTE);
  expect(await store.reader.lastBars('AAA', '1h', 9)).toMatchObject([
    { openTime: open + 60 * MINUTE, sourceCount: 10 },
  ]);
});

test('with autoComputeDerived false no forming bar shows', async () => {
  const market = marketBars({ symbols: ['AAA'], ...XNYS, seed: 7 });
  const spec = {
    ...specOf(XNYS, { windowMinutes: 10 }),
    upkeep: { barrier: { minutes: 10 }, autoComputeDerived: false },
  };
  const store = await server.begin(server.layout(spec));
  await flushUpTo(store, market, open + 10 * MINUTE);
  await store.writer.moveClock(open + 10 * MINUTE);
  expect(await store.reader.latestBar('AAA', '1h')).toBeUndefined();
});

test('the latest bar costs one round trip while the clock stands, and one more when it has moved', async () => {
  const market = marketBars({ symbols: ['AAA'], ...XNYS, seed: 8 });
  const store = await server.begin(server.layout(specOf(XNYS, { windowMinutes: 10 })));
  await flushUpTo(store, market, open + 100 * MINUTE);
  await deriveAll(store);
  // These reads are a warm-up: after them the server knows the script.
  await store.reader.latestBar('AAA');
  await store.writer.moveClock(open + 60 * MINUTE);
  await store.reader.latestBar('AAA', '5m');
  await store.reader.latestBar('AAA');
  // Every read of the reader is one pipeline.
  const pipeline = jest.spyOn(server.redis, 'pipeline');
  for (const minutes of [70, 80, 90]) {
    const clock = open + minutes * MINUTE;
    await store.writer.moveClock(clock);
    const roundTrips: number[] = [];
    for (const interval of ['1m', '1m', '5m', '1h']) {
      pipeline.mockClear();
      expect(await store.reader.latestBar('AAA', interval)).toMatchObject({ closeTime: clock });
      roundTrips.push(pipeline.mock.calls.length);
    }
    // Only the first read after the move costs one round trip more.
    expect(roundTrips).toEqual([2, 1, 1, 1]);
  }
  pipeline.mockRestore();
});

test('I2 every read shows the bars of a single clock while the clock moves', async () => {
  const market = marketBars({ symbols: ['AAA'], ...XNYS, seed: 9 });
  const store = await server.begin(server.layout(specOf(XNYS, { windowMinutes: 10 })));
  await flushUpTo(store, market, store.layout.end);
  await deriveAll(store);
  const moved = new AbortController();
  const moves = (async () => {
    for (let clock = open; clock < close; clock += MINUTE) await store.writer.moveClock(clock);
    moved.abort();
  })();
  const answers: { interval: DerivedInterval; bars: ShownBar[]; clockAfter: number }[] = [];
  while (!moved.signal.aborted) {
    for (const interval of ['5m', '1h'] as const) {
      const last = store.reader.lastBars('AAA', interval, 500);
      const all = store.reader.barsBetween('AAA', interval, 0, Infinity);
      for (const read of [last, all]) {
        answers.push({ interval, bars: await read, clockAfter: await store.reader.clock() });
      }
    }
  }
  await moves;
  expect(answers.length).toBeGreaterThan(20);
  for (const { interval, bars, clockAfter } of answers) {
    // The forming bar ends at the clock of its read.
    const clock = bars.at(-1)?.closeTime ?? open;
    expect(clock).toBeLessThanOrEqual(clockAfter);
    expect(bars).toEqual(expectedBars([firstDay], market.get('AAA')!, interval, clock));
  }
});
