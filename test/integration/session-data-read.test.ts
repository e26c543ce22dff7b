import type { Bar, StoredBar } from '@barkeep/bars';
import { openSession, SessionLostError, UnknownIntervalError, UnknownSymbolError } from '@barkeep/session-data';
import { holey, marketBars } from '../support/data/market.js';
import { deriveAll, flushUpTo, SMALL_SPEC, StoreServer, type TestStore } from '../support/sessions/session-store.js';

const server = new StoreServer();
const market = holey(marketBars({ ...SMALL_SPEC, seed: 3 }), 0.1, 4);
// One symbol trades only on the second day.
market.set('CCC', market.get('CCC')!.slice(360));
afterAll(() => server.close());

const MINUTE = 60_000;

/** The expected bars: those of the market that are closed at `clock`. */
function visible(symbol: string, clock: number): Bar[] {
  return market.get(symbol)!.filter(({ openTime }) => openTime + MINUTE <= clock);
}

const values = ({ openTime, open, high, low, close, volume }: Bar | StoredBar) => [
  openTime,
  open,
  high,
  low,
  close,
  volume,
];

function rangeOf(bars: number[][]): { high: number | null; low: number | null; volume: number } {
  const volume = bars.reduce((sum, bar) => sum + bar[5]!, 0);
  if (bars.length === 0) return { high: null, low: null, volume };
  return { high: Math.max(...bars.map((bar) => bar[2]!)), low: Math.min(...bars.map((bar) => bar[3]!)), volume };
}

/** Checks every call of the reader against the market at one clock. */
async function expectVisible({ reader, layout }: TestStore, clock: number): Promise<void> {
  for (const symbol of SMALL_SPEC.symbols) {
    const bars = visible(symbol, clock).map(values);
    expect((await reader.barsBetween(symbol, '1m', 0, Infinity)).map(values)).toEqual(bars);
    expect((await reader.barsSince(symbol, '1m', layout.start)).map(values)).toEqual(bars);
    for (const count of [1, 7, 500, 10_000]) {
      expect((await reader.lastBars(symbol, '1m', count)).map(values)).toEqual(bars.slice(-count));
    }
    const latest = await reader.latestBar(symbol);
    expect(latest && values(latest)).toEqual(bars.at(-1));
    expect(await reader.barCount(symbol)).toBe(bars.length);
    const [from, to] = [layout.start + 33 * MINUTE, clock - 2 * MINUTE];
    expect((await reader.barsBetween(symbol, undefined, from, to)).map(values)).toEqual(
      bars.filter(([openTime]) => openTime! >= from && openTime! < to),
    );
    const metrics = await reader.metrics(symbol);
    expect(metrics.filled).toBe(bars.length);
    expect(metrics.expected).toBe(layout.slotsClosedBy(clock));
    const run = rangeOf(bars);
    expect(metrics).toMatchObject({ runHigh: run.high, runLow: run.low, runVolume: run.volume });
    const day = layout.days.findLast(({ segments }) => segments[0]!.open < clock);
    const ofDay = rangeOf(bars.filter(([openTime]) => openTime! >= (day?.segments[0]!.open ?? Infinity)));
    expect(metrics).toMatchObject({ sessionHigh: ofDay.high, sessionLow: ofDay.low, sessionVolume: ofDay.volume });
    expect(metrics.date).toBe(day?.date ?? null);
    for (const derived of await reader.barsBetween(symbol, '5m', 0, Infinity)) {
      expect(derived.closeTime).toBeLessThanOrEqual(clock);
    }
  }
  const latest = await reader.latestBars(SMALL_SPEC.symbols);
  const expected = SMALL_SPEC.symbols.flatMap((symbol) => visible(symbol, clock).slice(-1).map(values));
  expect([...latest.values()].map(values)).toEqual(expected);
}

test('I2 no call of the reader shows a bar that closes after the clock, wherever clock and frontier are', async () => {
  const store = await server.begin();
  const windows = [...store.layout.windowsFrom(0)];
  await expectVisible(store, store.layout.start);
  let clock = store.layout.start;
  for (const [i, { to }] of windows.entries()) {
    await flushUpTo(store, market, to);
    await deriveAll(store);
    // The clock is one or two windows behind the frontier, and sometimes between two windows.
    if (i % 2 === 0) continue;
    clock = windows[i - 1]!.to + (i % 3) * 7 * MINUTE;
    await store.writer.moveClock(Math.min(clock, to));
    await expectVisible(store, Math.min(clock, to));
  }
  await store.writer.moveClock(store.layout.end);
  await expectVisible(store, store.layout.end);
});

test('I2 a reader that was opened before follows the clock of others', async () => {
  const store = await server.begin();
  await flushUpTo(store, market, store.layout.end);
  expect(await store.reader.latestBar('AAA')).toBeUndefined();
  const other = await openSession(server.redis, server.prefix, store.layout.id);
  for (const { to } of store.layout.windowsFrom(0)) {
    await store.writer.moveClock(to);
    expect(values((await store.reader.latestBar('AAA'))!)).toEqual(values(visible('AAA', to).at(-1)!));
    expect(await other.barCount('AAA', '1m')).toBe(visible('AAA', to).length);
  }
});

test('at most `limit` bars are answered, the oldest', async () => {
  const store = await server.begin();
  await flushUpTo(store, market, store.layout.end);
  await store.writer.moveClock(store.layout.end);
  const bars = market.get('AAA')!.map(values);
  expect((await store.reader.barsSince('AAA', '1m', store.layout.start, 400)).map(values)).toEqual(bars.slice(0, 400));
});

test('unknown sessions, symbols and intervals have different errors', async () => {
  const { reader, layout } = await server.begin();
  await expect(reader.latestBar('ZZZ')).rejects.toThrow(UnknownSymbolError);
  await expect(reader.latestBars(['AAA', 'ZZZ'])).rejects.toThrow(UnknownSymbolError);
  await expect(reader.barCount('AAA', '7m')).rejects.toThrow(UnknownIntervalError);
  await expect(openSession(server.redis, server.prefix, 'nobody')).rejects.toThrow(SessionLostError);
  await server.begin(server.layout({ ...SMALL_SPEC, symbols: ['AAA'] }, `${layout.id}-other`));
  await server.redis.unlink(...(await server.keys(layout.id)));
  await server.begin(server.layout(SMALL_SPEC, layout.id));
  await expect(reader.latestBar('AAA')).rejects.toThrow(SessionLostError);
  await expect(reader.position()).rejects.toThrow(SessionLostError);
  await expect(reader.metrics('AAA')).rejects.toThrow(SessionLostError);
  await expect(reader.gaps('AAA')).rejects.toThrow(SessionLostError);
  await expect(reader.digest()).rejects.toThrow(SessionLostError);
});
