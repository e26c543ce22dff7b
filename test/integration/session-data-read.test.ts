/**
 * What a reader shows of a session: bars up to the clock, and an error for what does not exist.
 * I2: an invariant at the end of docs/ARCHITECTURE.md.
 */
import {
  ClockedReads,
  openSession,
  removeSession,
  SessionEvents,
  SessionLostError,
  UnknownIntervalError,
  UnknownSymbolError,
} from '@barkeep/session-data';
import { holey, marketBars } from '../support/data/market.js';
import { plainBar, type PlainBar } from '../support/data/plain-shown.js';
import {
  deriveAll,
  flushUpTo,
  PARTITION,
  SMALL_SPEC,
  StoreServer,
  type TestStore,
} from '../support/sessions/session-store.js';
import { runCommands } from '../../libs/session-data/src/redis/index.js';

const server = new StoreServer();
const market = holey(marketBars({ ...SMALL_SPEC, seed: 3 }), 0.1, 4);
// CCC trades only on the second day: its first day has fewer than 360 bars, because a tenth of all bars is missing.
market.set('CCC', market.get('CCC')!.slice(360));
afterAll(() => server.close());

const MINUTE = 60_000;

test('an argument that is no count or no time is an error that names the argument', async () => {
  const { reader } = await server.begin();
  const events = new SessionEvents(server.redis, reader);
  const fails = (call: Promise<unknown>, message: string) => expect(call).rejects.toThrow(message);
  for (const noCount of [1.5, Number.NaN, -1]) {
    await fails(reader.lastBars('AAA', '1m', noCount), `count: expected a whole number from 0 on, was ${noCount}`);
    await fails(reader.barsBetween('AAA', '1m', 0, 1, noCount), 'limit: expected a whole number from 0 on');
    await fails(reader.dayCounts({ limit: noCount }), 'limit: expected a whole number from 1 on');
    await fails(events.read([], { limit: noCount }), 'limit: expected');
    await fails(events.read([], { blockMs: noCount }), 'blockMs: expected');
  }
  const noTime = Number.NaN;
  await fails(reader.barsBetween('AAA', '1m', noTime, 1), 'from: expected a time in epoch ms, was NaN');
  await fails(reader.barsSince('AAA', '1m', noTime), 'time: expected a time in epoch ms');
  await fails(reader.allBars({ symbols: ['AAA'], to: noTime }).next(), 'to: expected a time in epoch ms');
});

/** The expected bars: those of the market that are closed at `clock`. */
function visible(symbol: string, clock: number): PlainBar[] {
  const closed = market.get(symbol)!.filter(({ openTime }) => openTime + MINUTE <= clock);
  return closed.map((bar) => ({ ...bar, origin: 'streamed' }));
}

/** Checks the calls of the reader at a clock: the bars and the metrics of each symbol, and the latest bars of all symbols. */
async function expectVisible(store: TestStore, clock: number): Promise<void> {
  for (const symbol of SMALL_SPEC.symbols) {
    await expectBars(store, symbol, clock);
    await expectMetrics(store, symbol, clock);
    for (const derived of await store.reader.barsBetween(symbol, '5m', 0, Infinity)) {
      expect(derived.closeTime).toBeLessThanOrEqual(clock);
    }
  }
  const latest = await store.reader.latestBars(SMALL_SPEC.symbols);
  // A symbol without a visible bar is not in the answer.
  const expected = SMALL_SPEC.symbols.flatMap((symbol) => visible(symbol, clock).slice(-1));
  expect([...latest.values()].map(plainBar)).toEqual(expected);
}

async function expectBars({ reader, layout }: TestStore, symbol: string, clock: number): Promise<void> {
  const expected = visible(symbol, clock);
  expect((await reader.barsBetween(symbol, '1m', 0, Infinity)).map(plainBar)).toEqual(expected);
  expect((await reader.barsSince(symbol, '1m', layout.start)).map(plainBar)).toEqual(expected);
  for (const count of [1, 7, 500, 10_000]) {
    expect((await reader.lastBars(symbol, '1m', count)).map(plainBar)).toEqual(expected.slice(-count));
  }
  const latest = await reader.latestBar(symbol);
  expect(latest && plainBar(latest)).toEqual(expected.at(-1));
  expect(await reader.barCount(symbol)).toBe(expected.length);
  const [from, to] = [layout.start + 33 * MINUTE, clock - 2 * MINUTE];
  const between = await reader.barsBetween(symbol, undefined, from, to);
  expect(between.map(plainBar)).toEqual(expected.filter(({ openTime }) => openTime >= from && openTime < to));
}

async function expectMetrics({ reader, layout }: TestStore, symbol: string, clock: number): Promise<void> {
  const bars = visible(symbol, clock);
  const metrics = await reader.metrics(symbol);
  expect(metrics.filled).toBe(bars.length);
  expect(metrics.expected).toBe(layout.slotsClosedBy(clock));
  const run = rangeOf(bars);
  expect(metrics).toMatchObject({ runHigh: run.high, runLow: run.low, runVolume: run.volume });
  // In names of metrics `run` means the whole session, and `session` the trading day of the clock. Before the first open there is none.
  const day = layout.days.findLast(({ segments }) => segments[0]!.open < clock);
  const dayOpen = day?.segments[0]!.open ?? Infinity;
  const ofDay = rangeOf(bars.filter(({ openTime }) => openTime >= dayOpen));
  expect(metrics).toMatchObject({ sessionHigh: ofDay.high, sessionLow: ofDay.low, sessionVolume: ofDay.volume });
  expect(metrics.date).toBe(day?.date ?? null);
}

/** Highest and lowest price and total volume of bars; without bars the prices are null. */
function rangeOf(bars: readonly PlainBar[]) {
  const volume = bars.reduce((sum, bar) => sum + bar.volume, 0);
  if (bars.length === 0) return { high: null, low: null, volume };
  return { high: Math.max(...bars.map(({ high }) => high)), low: Math.min(...bars.map(({ low }) => low)), volume };
}

test('I2 every call of the reader shows exactly the bars up to the clock, wherever the clock and the frontier are', async () => {
  const store = await server.begin();
  await expectVisible(store, store.layout.start);
  for (const [i, { prev, to }] of store.windows.entries()) {
    await flushUpTo(store, market, to);
    await deriveAll(store);
    const movesClock = i % 2 === 1;
    if (!movesClock) continue;
    // The clock goes to the end of the window before, or to 7 or 14 minutes after it.
    const clock = Math.min(prev + (i % 3) * 7 * MINUTE, to);
    await store.writer.moveClock(clock);
    await expectVisible(store, clock);
  }
  await store.writer.moveClock(store.layout.end);
  await expectVisible(store, store.layout.end);
});

test('I2 an open reader follows the clock that another process moves', async () => {
  const store = await server.begin();
  await flushUpTo(store, market, store.layout.end);
  expect(await store.reader.latestBar('AAA')).toBeUndefined();
  const secondReader = await openSession(server.redis, server.prefix, store.layout.id);
  for (const { to } of store.windows) {
    await store.writer.moveClock(to);
    const expected = visible('AAA', to);
    expect(plainBar((await store.reader.latestBar('AAA'))!)).toEqual(expected.at(-1));
    expect(await secondReader.barCount('AAA', '1m')).toBe(expected.length);
  }
});

test('with a limit the oldest bars are returned', async () => {
  const store = await server.begin();
  await flushUpTo(store, market, store.layout.end);
  await store.writer.moveClock(store.layout.end);
  const oldest = await store.reader.barsSince('AAA', '1m', store.layout.start, 400);
  expect(oldest.map(plainBar)).toEqual(visible('AAA', store.layout.end).slice(0, 400));
});

test('a huge count requests all bars or events', async () => {
  const store = await server.begin();
  const { reader, layout, writer } = store;
  await flushUpTo(store, market, layout.end);
  await writer.moveClock(layout.end);
  const events = new SessionEvents(server.redis, reader);
  const expected = visible('AAA', layout.end);
  for (const count of [1e300, Infinity]) {
    expect((await reader.lastBars('AAA', '1m', count)).map(plainBar)).toEqual(expected);
    const between = await reader.barsBetween('AAA', '1m', layout.start, Infinity, count);
    expect(between.map(plainBar)).toEqual(expected);
    // The move of the clock is the only event.
    expect((await events.read([], { limit: count })).events).toHaveLength(1);
  }
});

test('unknown symbols and intervals, unknown sessions, and a session that was created again, have separate errors', async () => {
  const { reader, layout } = await server.begin();
  await expect(reader.latestBar('ZZZ')).rejects.toThrow(UnknownSymbolError);
  await expect(reader.latestBars(['AAA', 'ZZZ'])).rejects.toThrow(UnknownSymbolError);
  await expect(reader.barCount('AAA', '7m')).rejects.toThrow(UnknownIntervalError);
  await expect(openSession(server.redis, server.prefix, 'nobody')).rejects.toThrow(SessionLostError);

  // The session is deleted and created again under its id. A session whose id begins with this id changes nothing.
  await server.begin(server.layout({ ...SMALL_SPEC, symbols: ['AAA'] }, `${layout.id}-other`));
  await server.redis.unlink(...(await server.keys(layout.id)));
  await server.begin(server.layout(SMALL_SPEC, layout.id));
  await expect(reader.latestBar('AAA')).rejects.toThrow(SessionLostError);
  await expect(reader.position()).rejects.toThrow(SessionLostError);
  await expect(reader.metrics('AAA')).rejects.toThrow(SessionLostError);
  await expect(reader.gaps('AAA')).rejects.toThrow(SessionLostError);
  await expect(reader.digest()).rejects.toThrow(SessionLostError);
});

/** A store whose clock is at the end of the first window. */
async function beginShown(): Promise<TestStore> {
  const store = await server.begin();
  await flushUpTo(store, market, store.windows[0]!.to);
  await store.writer.moveClock(store.windows[0]!.to);
  return store;
}

test('I2 a read during which another session gets the id fails: it may have that session’s bars', async () => {
  const { layout } = await beginShown();
  const reads = new ClockedReads(server.redis, layout, undefined, async ([readClock, ...others]) => {
    const clock = await runCommands(server.redis, [readClock!]);
    await removeSession(server.redis, layout);
    await server.begin(server.layout(SMALL_SPEC, layout.id));
    return [...clock, ...(await runCommands(server.redis, others))];
  });
  await expect(reads.read([])).rejects.toThrow(SessionLostError);
});

test('I2 a store whose clock another program has overwritten shows no bar', async () => {
  const { layout, reader } = await beginShown();
  await server.redis.hset(layout.keysOf(PARTITION).meta, 'clock', 'of another program');
  await expect(reader.lastBars('AAA', '1m', 1)).rejects.toThrow(SessionLostError);
  await expect(reader.barsBetween('AAA', '1m', 0, Infinity)).rejects.toThrow(SessionLostError);
});
