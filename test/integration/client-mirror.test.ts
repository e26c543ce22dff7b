/**
 * Compares a mirror with the reader on a real Redis: after any writes, in any order, both show the same bars at every clock.
 * I2: an invariant at the end of docs/ARCHITECTURE.md.
 */
import { withoutSymbol, withSymbol } from '@barkeep/bars';
import { Mirror, MirrorClosedError, type MirrorOptions } from '@barkeep/client';
import {
  updateSymbols,
  removeSession,
  SessionLostError,
  showJoined,
  UnknownIntervalError,
  UnknownSymbolError,
  withMembership,
  type Window,
} from '@barkeep/session-data';
import { Redis } from 'ioredis';
import { deriveDay, fillDay, runTo, windowEnd } from '../support/sessions/follow-store.js';
import { advanceTo, feedOf } from '../support/programs/feeding.js';
import { holey, marketBars } from '../support/data/market.js';
import { seeded } from '../support/data/seeded.js';
import { FENCE, flushUpTo, partsOf, StoreServer, type TestStore } from '../support/sessions/session-store.js';
import { tcpGate } from '../support/system/tcp-gate.js';

const SPEC = {
  symbols: ['AAA', 'BBB', 'CCC', 'DDD'],
  start: '2013-10-07',
  end: '2013-10-09',
  derivedIntervals: ['5m', '30m', '1d'],
  source: { type: 'dataset', dataset: 'stream' },
  backfill: ['vendor'],
  // Windows of 13 minutes end within a byte of the bitmap and within derived bars, which is the harder case.
  upkeep: { barrier: { minutes: 13 } },
};
/** Base slots of each day. */
const SLOTS = 390;
const MINUTE = 60_000;
const INTERVALS = ['1m', '5m', '30m', '1d'];
/** The market without holes. */
const whole = marketBars({ ...SPEC, seed: 8 });
const server = new StoreServer();
const mirrors: Mirror[] = [];
afterEach(() => mirrors.splice(0).forEach((mirror) => mirror.close()));
afterAll(() => server.close());

/** Opens a mirror, which is closed after the test. */
async function mirrorOf(store: TestStore, options?: MirrorOptions): Promise<Mirror> {
  const mirror = await Mirror.open(server.redis, store.reader, options);
  mirrors.push(mirror);
  return mirror;
}

/** Compares every call of the mirror with that of the reader. @param counts the numbers of last bars that it requests */
async function expectSame(mirror: Mirror, { reader }: TestStore, counts: readonly number[]): Promise<void> {
  expect(mirror.clock).toBe(await reader.clock());
  expect(mirror.symbols).toEqual([...reader.activeSymbols()].sort());
  for (const symbol of mirror.symbols) {
    for (const interval of INTERVALS) {
      expect(mirror.latestBar(symbol, interval)).toEqual(await reader.latestBar(symbol, interval));
      expect(mirror.barCount(symbol, interval)).toBe(await reader.barCount(symbol, interval));
      for (const count of counts) {
        const bars = await reader.lastBars(symbol, interval, count);
        expect(mirror.lastBars(symbol, count, interval)).toEqual(bars);
        const closes = [...mirror.closes(symbol, count, interval)];
        expect(closes.length).toBe(Math.min(count, mirror.barCount(symbol, interval)));
        // The last derived bars may include a forming one, which `closes` leaves out.
        if (interval === '1m') expect(closes).toEqual(bars.map(({ close }) => close));
      }
    }
    expect(mirror.barQuality(symbol)).toBeCloseTo((await reader.metrics(symbol)).barQuality, 10);
  }
}

test.each([1, 2, 3])('I2 a mirror shows what the reader shows at every clock (seed %i)', async (seed) => {
  const random = seeded(seed * 77);
  const source = holey(whole, 0.2, seed);
  const store = await server.begin(server.layout(SPEC));
  const { layout, writer } = store;
  const mirror = await mirrorOf(store);

  const unflushed = [...layout.windowsFrom(0)];
  const flushed: Window[] = [];
  const frontier = () => flushed.at(-1)!.to;

  const flushNext = async (count: number) => {
    for (const window of unflushed.splice(0, count)) {
      for (const part of partsOf(layout, window, source)) await writer.flush(window, part);
      flushed.push(window);
    }
  };
  /** Fills a tenth of a symbol's slots from the start of a window to the frontier or the end of the day. */
  const fillFrom = async ({ dayIndex, fromSlot }: Window) => {
    const grid = layout.grid(dayIndex);
    const symbol = random.pick(SPEC.symbols);
    const [from, to] = [grid.openTime(fromSlot), Math.min(frontier(), grid.close)];
    const bars = whole.get(symbol)!.filter(({ openTime }) => openTime >= from && openTime < to && random.chance(0.1));
    await fillDay(store, dayIndex, symbol, bars);
  };
  /** Moves the clock by some minutes, at most to the frontier. */
  const moveClock = async (minutes: number) => {
    const to = Math.min(frontier(), mirror.clock + MINUTE * minutes);
    await writer.moveClock(Math.max(mirror.clock, to));
  };

  /** Flushes, fills, derives, or moves the clock. Before the first flush it can only flush. */
  const writeAtRandom = async () => {
    const dice = random.next();
    if (dice < 0.45 && unflushed.length > 0) await flushNext(random.int(1, 6));
    else if (flushed.length === 0) return;
    else if (dice < 0.65) await fillFrom(random.pick(flushed));
    else if (dice < 0.75) await deriveDay(store, random.pick(flushed).dayIndex);
    else await moveClock(random.int(0, 90));
  };

  for (let writes = 0; writes < 160; writes++) {
    await writeAtRandom();
    await mirror.update();
    if (writes % 4 === 0) await expectSame(mirror, store, [1, random.int(2, 40), random.int(300, 900)]);
  }
  await expectSame(mirror, store, [1, 20, 2_000]);
  const openedLast = await mirrorOf(store);
  await expectSame(openedLast, store, [1, 20, 2_000]);
});

test('a mirror follows the clock, wakes waiting calls, and reports changes', async () => {
  const store = await server.begin(server.layout(SPEC));
  const mirror = await mirrorOf(store);
  const clocks: number[] = [];
  const stop = mirror.onChange(({ clock }) => clocks.push(clock));
  const target = store.layout.start + 40 * MINUTE;
  const waiting = mirror.waitFor(target);
  await runTo(store, whole, target - MINUTE);
  await runTo(store, whole, target);
  expect(await waiting).toBe(target);
  expect(mirror.latestBar('AAA')).toEqual(await store.reader.latestBar('AAA'));
  expect(clocks.at(-1)).toBe(target);
  stop();
});

test('a mirror refuses to wait for an invalid time or one after the session, and to show an unknown interval', async () => {
  const store = await server.begin(server.layout(SPEC));
  const mirror = await mirrorOf(store);
  await expect(mirror.waitFor(Date.parse('no time'))).rejects.toThrow('time: expected epoch milliseconds, was NaN');
  await expect(mirror.waitFor(store.layout.end + 1)).rejects.toMatchObject({ name: 'SessionEndedError' });
  expect(() => mirror.latestBar('BBB', '7m')).toThrow(UnknownIntervalError);
});

test('a mirror keeps its bars after it is closed', async () => {
  const store = await server.begin(server.layout(SPEC));
  const mirror = await mirrorOf(store);
  await runTo(store, whole, store.layout.start + 40 * MINUTE);
  await mirror.update();
  mirror.close();
  expect(mirror.barCount('AAA')).toBe(40);
  await expect(mirror.update()).rejects.toThrow(MirrorClosedError);
});

test('a mirror reads again what a broken connection cut off', async () => {
  const store = await server.begin(server.layout(SPEC));
  const gate = await tcpGate(process.env['SESSION_REDIS_URL']!, 6379);
  const redis = new Redis(gate.url, { retryStrategy: () => 5 });
  redis.on('error', () => undefined);
  const mirror = await Mirror.open(redis, store.reader);
  mirrors.push(mirror);
  const source = holey(whole, 0.2, 3);
  for (const day of [0, 1, 2]) {
    const grid = store.layout.grid(day);
    for (const to of [grid.openTime(200), grid.close]) {
      // Cuts the connection within an answer, on each day at another place: only some chunks of the answer arrive at the mirror.
      gate.cutAfter(25_000 + 9_000 * day);
      await runTo(store, source, to);
      await mirror.waitFor(to);
      await expectSame(mirror, store, [1, 2_000]);
    }
  }
  redis.disconnect();
  await gate.shut();
});

test('a mirror shows a backfilled bar before its clock at once, and the derived bars after it', async () => {
  const store = await server.begin(server.layout(SPEC));
  const source = holey(whole, 0.3, 5);
  const mirror = await mirrorOf(store);
  await runTo(store, source, store.layout.grid(1).close);
  await mirror.waitFor(store.layout.grid(1).close);
  const barsBefore = mirror.barCount('BBB');
  const changed = new Promise<void>((resolve) => mirror.onChange(() => resolve()));
  const filled = await fillDay(store, 0, 'BBB', whole.get('BBB')!);
  await changed;
  expect(filled).toBeGreaterThan(50);
  expect(mirror.barCount('BBB')).toBe(barsBefore + filled);
  await deriveDay(store, 0);
  await mirror.update();
  await expectSame(mirror, store, [1_000]);
});

test('a mirror shows a late bar that a feeder posts for a time before the clock', async () => {
  const spec = { ...SPEC, derivedIntervals: [], source: { type: 'feed' }, backfill: [], upkeep: { enabled: false } };
  const store = await server.begin(server.layout(spec));
  const { layout, writer } = store;
  const { feed, frontier } = feedOf(server.redis, store);
  const { close } = layout.grid(0);
  const late = whole.get('CCC')![0]!;
  for (const symbol of layout.symbols) {
    const inTime = whole.get(symbol)!.filter((bar) => bar.openTime < close && bar !== late);
    await feed.feed(symbol, inTime);
    await feed.through(symbol, close);
  }
  await advanceTo(frontier, close);
  await writer.moveClock(close);
  const mirror = await mirrorOf(store);
  const barsBefore = mirror.barCount('CCC');
  const changed = new Promise<void>((resolve) => mirror.onChange(() => resolve()));
  expect(await feed.feed('CCC', [late])).toMatchObject({ accepted: 1, late: 1 });
  await changed;
  expect(mirror.barCount('CCC')).toBe(barsBefore + 1);
  expect(mirror.lastBars('CCC', barsBefore + 1)[0]).toMatchObject({ openTime: late.openTime });
  expect(mirror.lastBars('CCC', 1_000)).toEqual(await store.reader.lastBars('CCC', undefined, 1_000));
});

test('a mirror notices trimmed events of a partition that had no event when the mirror was opened', async () => {
  const store = await server.begin(server.layout(SPEC));
  await runTo(store, holey(whole, 0.3, 7), store.layout.grid(0).close);
  await server.redis.del(...store.layout.keys.map(({ events }) => events)); // now no partition has an event
  const mirror = await mirrorOf(store);
  await fillDay(store, 0, 'CCC', whole.get('CCC')!);
  const { events } = store.layout.keysOf(store.layout.partitionOf('CCC')!);
  // More events than the stream keeps, so that the event of the fill is trimmed.
  const pipeline = server.redis.pipeline();
  for (let i = 0; i < 11_000; i++) pipeline.xadd(events, 'MAXLEN', '~', 10_000, '*', 'type', 'anything');
  await pipeline.exec();
  const [oldest] = await server.redis.xrange(events, '-', '+', 'COUNT', 1);
  expect(oldest![1]).toEqual(['type', 'anything']);
  await mirror.update();
  await expectSame(mirror, store, [1_000]);
});

test('a mirror with keepDays 1 keeps the day of the clock and the one before it', async () => {
  const store = await server.begin(server.layout(SPEC));
  const { layout } = store;
  const openedFirst = await mirrorOf(store, { keepDays: 1 });
  await runTo(store, whole, layout.grid(2).openTime(10));
  await openedFirst.update();
  const openedLast = await mirrorOf(store, { keepDays: 1 });
  for (const mirror of [openedFirst, openedLast]) {
    expect([...mirror.closes('AAA', NaN)]).toEqual([]);
    expect(mirror.barCount('AAA')).toBe(SLOTS + 10);
    expect(mirror.lastBars('AAA', 1_000, '1m')[0]!.openTime).toBe(layout.grid(1).open);
    expect(mirror.barQuality('AAA')).toBe(100);
  }
});

test('a mirror reads everything again when events after its last one were trimmed', async () => {
  const store = await server.begin(server.layout(SPEC));
  const source = holey(whole, 0.3, 6);
  await runTo(store, source, store.layout.grid(0).close);
  const mirror = await mirrorOf(store);
  await fillDay(store, 0, 'CCC', whole.get('CCC')!);
  // Trims all events but the newest, also that of the fill.
  const { events } = store.layout.keysOf(0);
  const newest = await server.redis.xadd(events, '*', 'type', 'anything');
  await server.redis.xtrim(events, 'MINID', newest!);
  await mirror.update();
  await expectSame(mirror, store, [1_000]);
});

test('a mirror keeps its clock and bars when the store is set back, and follows again once the store has caught up', async () => {
  const store = await server.begin(server.layout(SPEC));
  const { layout } = store;
  const at = (minute: number) => layout.grid(0).openTime(minute);
  await runTo(store, whole, at(100));
  const mirror = await mirrorOf(store);
  await server.redis.hset(layout.keysOf(0).meta, 'clock', at(40));
  await mirror.update();
  expect(mirror.clock).toBe(at(100));
  expect(mirror.barCount('AAA')).toBe(100);
  await runTo(store, whole, at(90));
  await mirror.update();
  expect(mirror.clock).toBe(at(100));
  await runTo(store, whole, at(120));
  await mirror.update();
  await expectSame(mirror, store, [150]);
});

test('a waiting call of a mirror ends with the session also when the store was set back and did not catch up', async () => {
  const store = await server.begin(server.layout(SPEC));
  const { layout } = store;
  await runTo(store, whole, layout.grid(0).openTime(100));
  const mirror = await mirrorOf(store);
  const ended = expect(mirror.waitFor(layout.end)).rejects.toMatchObject({
    name: 'SessionEndedError',
    state: 'stopped',
  });
  await server.redis.hset(layout.keysOf(0).meta, 'clock', layout.grid(0).openTime(40));
  await store.writer.emitState('stopped');
  await ended;
  expect(mirror.barCount('AAA')).toBe(100);
});

test('after its session was deleted every call of a mirror fails, also one that waits', async () => {
  const store = await server.begin(server.layout(SPEC));
  await runTo(store, whole, store.layout.grid(0).openTime(30));
  const mirror = await mirrorOf(store);
  const ended = expect(mirror.waitFor(store.layout.end)).rejects.toThrow(SessionLostError);
  await removeSession(server.redis, store.layout);
  await ended;
  await expect(mirror.update()).rejects.toThrow(SessionLostError);
  expect(() => mirror.latestBar('AAA')).toThrow(SessionLostError);
  await expect(Mirror.open(server.redis, store.reader)).rejects.toThrow(SessionLostError);
});

test('a mirror shows an added symbol once it is whole, and a removed one no longer', async () => {
  const store = await server.begin(server.layout(SPEC));
  const { layout } = store;
  const clock = layout.grid(0).close;
  const market = marketBars({ ...SPEC, symbols: [...SPEC.symbols, 'XXX'], seed: 8 });
  await runTo(store, market, clock);
  const mirror = await mirrorOf(store);

  // The session has XXX, but not yet its bars.
  const members = { symbols: layout.spec.symbols, basePartitions: layout.basePartitions };
  const withXxx = withMembership(layout, withSymbol(layout.id, members, layout.membership, 'XXX'));
  await updateSymbols(server.redis, withXxx);
  await mirror.update();
  expect(() => mirror.latestBar('XXX')).toThrow(UnknownSymbolError);

  const storeWithXxx = server.open(withXxx);
  await storeWithXxx.writer.claim();
  await flushUpTo(storeWithXxx, market, clock);
  await showJoined(server.redis, withXxx, FENCE, ['XXX'], clock);
  await mirror.update();
  expect(mirror.lastBars('XXX', 500, '1m')).toEqual(await store.reader.lastBars('XXX', '1m', 500));
  expect(mirror.barCount('XXX')).toBe(SLOTS);

  const membership = withoutSymbol(layout.id, members, withXxx.membership, 'AAA', withXxx.partitionOf('AAA')!);
  await updateSymbols(server.redis, withMembership(withXxx, membership));
  await mirror.update();
  expect(() => mirror.latestBar('AAA')).toThrow(UnknownSymbolError);
  expect(mirror.symbols).toEqual(['BBB', 'CCC', 'DDD', 'XXX']);
});

test('I2 a mirror does not show bars after its clock, whatever is stored', async () => {
  const store = await server.begin(server.layout(SPEC));
  await flushUpTo(store, holey(whole, 0.3, 9), windowEnd(store, store.layout.grid(0).close));
  const mirror = await mirrorOf(store);
  for (const symbol of SPEC.symbols) await fillDay(store, 0, symbol, whole.get(symbol)!);
  await deriveDay(store, 0);
  await mirror.update();
  expect(mirror.latestBar('AAA')).toBeUndefined();
  expect(mirror.lastBars('AAA', 10, '5m')).toEqual([]);
  expect(mirror.closes('AAA', 10)).toHaveLength(0);
  // No slot has closed at the clock, so none is missing.
  expect(mirror.barQuality('AAA')).toBe(100);
});

test('an aborted signal closes a mirror, whose calls fail with its reason', async () => {
  const store = await server.begin(server.layout(SPEC));
  const controller = new AbortController();
  const mirror = await Mirror.open(server.redis, store.reader, {}, controller.signal);
  const waiting = mirror.waitFor(store.layout.end);
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await expect(mirror.update()).rejects.toThrow('enough');
});
