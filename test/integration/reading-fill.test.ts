/** Bars that are filled forward when they are read: a slot without a bar repeats the last close. */
import type { Bar, ShownBar } from '@barkeep/bars';
import { holey, marketBars } from '../support/data/market.js';
import { deriveAll, flushUpTo, StoreServer, type TestStore } from '../support/sessions/session-store.js';

const server = new StoreServer();
afterAll(() => server.close());

const MINUTE = 60_000;
const DATES = { calendar: 'XHKG', start: '2024-12-20', end: '2024-12-27' };
const SPEC = {
  ...DATES,
  symbols: ['AAA', 'BBB'],
  derivedIntervals: ['30m', '1h'],
  source: { type: 'dataset', dataset: 'stream' },
  upkeep: { barrier: { minutes: 41 } },
};
const whole = marketBars({ ...DATES, symbols: SPEC.symbols, seed: 1 });
/** AAA lacks 70 % of its bars. BBB trades only in the first ten minutes of the second day. */
const market = holey(whole, 0.7, 2);
const secondOpen = Date.UTC(2024, 11, 23, 1, 30);
const isTraded = ({ openTime }: Bar) => openTime >= secondOpen && openTime < secondOpen + 10 * MINUTE;
market.set('BBB', whole.get('BBB')!.filter(isTraded));

type PlainBar = Pick<Bar, 'openTime' | 'open' | 'high' | 'low' | 'close' | 'volume'> & { origin: string };

/** The expected bars: one for every minute that is closed at the clock, computed by a simple loop. */
function expectedBars({ layout }: TestStore, symbol: string, clock: number): PlainBar[] {
  const byTime = new Map(market.get(symbol)!.map((bar) => [bar.openTime, bar]));
  const shown: PlainBar[] = [];
  let lastClose: number | undefined;
  for (const segment of layout.days.flatMap(({ segments }) => segments)) {
    for (let openTime = segment.open; openTime < segment.close && openTime + MINUTE <= clock; openTime += MINUTE) {
      const bar = byTime.get(openTime);
      if (bar) shown.push({ ...bar, origin: 'streamed' });
      else if (lastClose !== undefined) {
        const prices = { open: lastClose, high: lastClose, low: lastClose, close: lastClose };
        shown.push({ openTime, ...prices, volume: 0, origin: 'filled-forward' });
      }
      lastClose = bar?.close ?? lastClose;
    }
  }
  return shown;
}

const values = ({ openTime, open, high, low, close, volume, origin }: ShownBar): PlainBar => ({
  openTime,
  open,
  high,
  low,
  close,
  volume,
  origin,
});
const forward = { fill: 'forward' } as const;

test('I2 fill=forward shows every closed slot from the first bar on, over breaks, nights and days without a bar', async () => {
  const store = await server.begin(server.layout(SPEC));
  for (const [i, { to }] of [...store.layout.windowsFrom(0)].entries()) {
    await flushUpTo(store, market, to);
    await store.writer.moveClock(to);
    // Comparing every third window, and the last, is enough.
    if (i % 3 !== 0 && to !== store.layout.end) continue;
    for (const symbol of SPEC.symbols) {
      const expected = expectedBars(store, symbol, to);
      for (const count of [1, 7, 400, 10_000]) {
        const bars = await store.reader.lastBars(symbol, '1m', count, forward);
        expect(bars.map(values)).toEqual(expected.slice(-count));
      }
      const end = to - 3 * MINUTE;
      for (const from of [0, to - 33 * MINUTE, to - 2_000 * MINUTE]) {
        const bars = await store.reader.barsBetween(symbol, '1m', from, end, 10_000, forward);
        expect(bars.map(values)).toEqual(expected.filter(({ openTime }) => openTime >= from && openTime < end));
      }
      const latest = await store.reader.latestBar(symbol, '1m', forward);
      expect(latest && values(latest)).toEqual(expected.at(-1));
    }
  }
});

test('filled bars are made by a read and never stored, and are marked as such', async () => {
  const store = await server.begin(server.layout(SPEC));
  await flushUpTo(store, market, store.layout.end);
  await store.writer.moveClock(store.layout.end);
  const before = await server.dump(store.layout.id);
  const { length } = await store.reader.lastBars('AAA', '1m', 10_000, forward);
  expect(length).toBeGreaterThan(await store.reader.barCount('AAA'));
  expect(await server.dump(store.layout.id)).toEqual(before);
  const filled = (await store.reader.lastBars('BBB', undefined, 1, forward))[0];
  expect(filled).toMatchObject({ origin: 'filled-forward', sourceCount: 0, expectedCount: 1, complete: false });
});

test('an empty bucket is filled once the watermark has passed it, because it then stays empty', async () => {
  const store = await server.begin(server.layout(SPEC));
  const { layout, reader } = store;
  const clock = layout.grid(2).close;
  await flushUpTo(store, market, layout.end);
  await deriveAll(store);
  await store.writer.moveClock(clock);
  // BBB's only bars are in one hour.
  const derived = await reader.lastBars('BBB', '1h', 100);
  expect(derived).toHaveLength(1);
  expect(await reader.lastBars('BBB', '1h', 100, forward)).toEqual(derived);
  await server.redis.hset(layout.keysOf(0).meta, 'watermark', clock);
  // The bars of 23 December take 1 h, 1 h, 30 min and, after the lunch break, 3 × 1 h. 24 December ends at noon.
  const filled = await reader.lastBars('BBB', '1h', 100, forward);
  const hours = (day: number) => layout.grid(day, layout.interval('1h')).slotCount;
  expect(filled.length).toBe(hours(1) + hours(2));
  expect(filled[0]).toEqual(derived[0]);
  for (const { origin, expectedCount, openTime, closeTime } of filled.slice(1)) {
    expect([origin, expectedCount]).toEqual(['filled-forward', (closeTime - openTime) / MINUTE]);
  }
  // The half hour before the lunch break.
  expect(filled[2]).toMatchObject({ expectedCount: 30 });
  expect(filled.every(({ close }) => close === derived[0]!.close)).toBe(true);
});
