/**
 * Bars that are filled forward when they are read: a slot without a bar repeats the last close.
 * I2: an invariant at the end of docs/ARCHITECTURE.md.
 */
import type { Bar } from '@barkeep/bars';
import { holey, marketBars } from '../support/data/market.js';
import { plainBar, type PlainBar } from '../support/data/plain-shown.js';
import { deriveAll, flushUpTo, StoreServer, type TestStore } from '../support/sessions/session-store.js';

const server = new StoreServer();
afterAll(() => server.close());

const MINUTE = 60_000;
/** The trading days are 20, 23, 24 and 27 December. All have a lunch break, except 24 December, which ends at noon. */
const DATES = { calendar: 'XHKG', start: '2024-12-20', end: '2024-12-27' };
/** Indexes of trading days. */
const [DECEMBER_23, DECEMBER_24] = [1, 2];
const SPEC = {
  ...DATES,
  symbols: ['AAA', 'BBB'],
  derivedIntervals: ['30m', '1h'],
  source: { type: 'dataset', dataset: 'stream' },
  // Windows of 41 minutes end within derived bars, so that the test compares at many different clocks.
  upkeep: { barrier: { minutes: 41 } },
};
/** AAA lacks 70 % of its bars. BBB trades only in the first ten minutes of 23 December. */
const market = marketWithHoles();
const FORWARD = { fill: 'forward' } as const;

function marketWithHoles() {
  const whole = marketBars({ ...DATES, symbols: SPEC.symbols, seed: 1 });
  const open = Date.UTC(2024, 11, 23, 1, 30); // 09:30 in Hong Kong
  const isTraded = ({ openTime }: Bar) => openTime >= open && openTime < open + 10 * MINUTE;
  return holey(whole, 0.7, 2).set('BBB', whole.get('BBB')!.filter(isTraded));
}

/** The expected bars, by a simple loop over the minutes that are closed at the clock: none before the first stored bar. */
function expectedBars({ layout }: TestStore, symbol: string, clock: number): PlainBar[] {
  const stored = new Map(market.get(symbol)!.map((bar) => [bar.openTime, bar]));
  const shown: PlainBar[] = [];
  let lastClose: number | undefined;
  for (const { open, close } of layout.days.flatMap(({ segments }) => segments)) {
    for (let openTime = open; openTime < Math.min(close, clock); openTime += MINUTE) {
      const bar = stored.get(openTime);
      if (bar) shown.push({ ...bar, origin: 'streamed' });
      else if (lastClose !== undefined) shown.push(filledBar(openTime, lastClose));
      lastClose = bar?.close ?? lastClose;
    }
  }
  return shown;
}

function filledBar(openTime: number, price: number): PlainBar {
  return { openTime, open: price, high: price, low: price, close: price, volume: 0, origin: 'filled-forward' };
}

/** Compares the reads of a symbol with the expected bars at a clock. */
async function expectFilled(store: TestStore, symbol: string, clock: number): Promise<void> {
  const { reader } = store;
  const expected = expectedBars(store, symbol, clock);
  for (const count of [1, 7, 400, 10_000]) {
    const bars = await reader.lastBars(symbol, '1m', count, FORWARD);
    expect(bars.map(plainBar)).toEqual(expected.slice(-count));
  }
  const end = clock - 3 * MINUTE;
  for (const from of [0, clock - 33 * MINUTE, clock - 2_000 * MINUTE]) {
    const bars = await reader.barsBetween(symbol, '1m', from, end, 10_000, FORWARD);
    expect(bars.map(plainBar)).toEqual(expected.filter(({ openTime }) => openTime >= from && openTime < end));
  }
  const latest = await reader.latestBar(symbol, '1m', FORWARD);
  expect(latest && plainBar(latest)).toEqual(expected.at(-1));
}

test('I2 fill=forward shows every closed slot from the first bar on, over breaks, nights and days without a bar', async () => {
  const store = await server.begin(server.layout(SPEC));
  for (const [i, { to }] of store.windows.entries()) {
    await flushUpTo(store, market, to);
    await store.writer.moveClock(to);
    // Comparing at every third window, and at the last, is enough.
    const isCompared = i % 3 === 0 || to === store.layout.end;
    if (isCompared) for (const symbol of SPEC.symbols) await expectFilled(store, symbol, to);
  }
});

test('filled bars are made by a read and never stored, and are marked as such', async () => {
  const store = await server.begin(server.layout(SPEC));
  const { layout, reader } = store;
  await flushUpTo(store, market, layout.end);
  await store.writer.moveClock(layout.end);
  const before = await server.dump(layout.id);
  const { length } = await reader.lastBars('AAA', '1m', 10_000, FORWARD);
  expect(length).toBeGreaterThan(await reader.barCount('AAA'));
  expect(await server.dump(layout.id)).toEqual(before);
  const [filled] = await reader.lastBars('BBB', undefined, 1, FORWARD);
  expect(filled).toMatchObject({ origin: 'filled-forward', sourceCount: 0, expectedCount: 1, complete: false });
});

test('a bucket without bars is filled once the watermark has passed it, because it can get no bar any more', async () => {
  const store = await server.begin(server.layout(SPEC));
  const { layout, reader } = store;
  const clock = layout.grid(DECEMBER_24).close;
  await flushUpTo(store, market, layout.end);
  await deriveAll(store);
  await store.writer.moveClock(clock);
  // BBB's only bars are in one hour. Before the watermark moves, no bucket after that hour is filled.
  const derived = await reader.lastBars('BBB', '1h', 100);
  expect(derived).toHaveLength(1);
  expect(await reader.lastBars('BBB', '1h', 100, FORWARD)).toEqual(derived);

  expect(await store.upkeep.moveWatermark(0, layout.start, clock)).toBe(true);
  const shown = await reader.lastBars('BBB', '1h', 100, FORWARD);
  // All buckets of the two days, because BBB's bars are in the first bucket of the first day.
  const bucketsOf = (day: number) => layout.grid(day, layout.interval('1h')).slotCount;
  expect(shown.length).toBe(bucketsOf(DECEMBER_23) + bucketsOf(DECEMBER_24));
  const [first, ...filled] = shown;
  expect(first).toEqual(derived[0]);
  for (const { origin, close, expectedCount, openTime, closeTime } of filled) {
    expect([origin, close]).toEqual(['filled-forward', first!.close]);
    expect(expectedCount).toBe((closeTime - openTime) / MINUTE);
  }
  // The morning has two and a half hours, so its third bucket has only 30 minutes.
  expect(shown[2]).toMatchObject({ expectedCount: 30 });
});
