/**
 * Compares the mirror with the reader on a real Redis: after any writes, in any order, both show the same bars at every
 * clock.
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
  SessionWriter,
} from '@barkeep/session-data';
import { Redis } from 'ioredis';
import { deriveDay, fillDay, runTo, windowEnd } from '../support/sessions/follow-store.js';
import { advanceTo, feedOf } from '../support/programs/feeding.js';
import { holey, marketBars } from '../support/data/market.js';
import { seeded } from '../support/data/seeded.js';
import { flushUpTo, partsOf, StoreServer, type TestStore } from '../support/sessions/session-store.js';
import { tcpGate } from '../support/system/tcp-gate.js';

const SPEC = {
  symbols: ['AAA', 'BBB', 'CCC', 'DDD'],
  start: '2013-10-07',
  end: '2013-10-09',
  derivedIntervals: ['5m', '30m', '1d'],
  source: { type: 'dataset', dataset: 'stream' },
  backfill: ['vendor'],
  upkeep: { barrier: { minutes: 13 } },
};
const INTERVALS = ['1m', '5m', '30m', '1d'];
const whole = marketBars({ ...SPEC, seed: 8 });
const server = new StoreServer();
const mirrors: Mirror[] = [];
afterEach(() => mirrors.splice(0).forEach((mirror) => mirror.close()));
afterAll(() => server.close());

async function mirrorOf(store: TestStore, options?: MirrorOptions): Promise<Mirror> {
  const mirror = await Mirror.open(server.redis, store.reader, options);
  mirrors.push(mirror);
  return mirror;
}

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
        const closed = bars.filter(({ complete, closeTime }) => complete || closeTime <= mirror.clock);
        const closes = [...mirror.closes(symbol, count, interval)];
        expect(closes.length).toBe(Math.min(count, mirror.barCount(symbol, interval)));
        if (interval === '1m') expect(closes).toEqual(closed.map(({ close }) => close));
      }
    }
    expect(mirror.barQuality(symbol)).toBeCloseTo((await reader.metrics(symbol)).barQuality, 10);
  }
}

test.each([1, 2, 3])('I2 shows what the reader shows at every clock, run %i', async (seed) => {
  const random = seeded(seed * 77);
  const source = holey(whole, 0.2, seed);
  const store = await server.begin(server.layout(SPEC));
  const { layout } = store;
  const mirror = await mirrorOf(store);
  const windows = [...layout.windowsFrom(0)];
  let frontier = 0;
  for (let n = 0; n < 160; n++) {
    const dice = random.next();
    if (dice < 0.45 && frontier < windows.length) {
      for (let w = random.int(1, 6); w > 0 && frontier < windows.length; w--, frontier++) {
        for (const part of partsOf(layout, windows[frontier]!, source))
          await store.writer.flush(windows[frontier]!, part);
      }
    } else if (dice < 0.65 && frontier > 0) {
      const window = windows[random.int(0, frontier)]!;
      const grid = layout.grid(window.dayIndex);
      const symbol = random.pick(SPEC.symbols);
      const [from, to] = [grid.openTime(window.fromSlot), windows[frontier - 1]!.to];
      const bars = whole.get(symbol)!.filter(({ openTime }) => openTime >= from && openTime < Math.min(to, grid.close));
      await fillDay(
        store,
        window.dayIndex,
        symbol,
        bars.filter(() => random.chance(0.1)),
      );
    } else if (dice < 0.75 && frontier > 0) {
      await deriveDay(store, windows[random.int(0, frontier)]!.dayIndex);
    } else if (frontier > 0) {
      const to = windows[frontier - 1]!.to;
      await store.writer.moveClock(Math.max(mirror.clock, Math.min(to, mirror.clock + 60_000 * random.int(0, 90))));
    }
    await mirror.update();
    if (n % 4 === 0) await expectSame(mirror, store, [1, random.int(2, 40), random.int(300, 900)]);
  }
  await expectSame(mirror, store, [1, 20, 2_000]);
  const later = await mirrorOf(store);
  await expectSame(later, store, [1, 20, 2_000]);
});

test('follows the clock, wakes waiting calls, and reports changes', async () => {
  const store = await server.begin(server.layout(SPEC));
  const mirror = await mirrorOf(store);
  const clocks: number[] = [];
  const stop = mirror.onChange(({ clock }) => clocks.push(clock));
  const target = store.layout.start + 40 * 60_000;
  const waiting = mirror.waitFor(target);
  await runTo(store, whole, target - 60_000);
  await runTo(store, whole, target);
  expect(await waiting).toBe(target);
  expect(mirror.latestBar('AAA')).toEqual(await store.reader.latestBar('AAA'));
  expect(clocks.at(-1)).toBe(target);
  stop();
  await expect(mirror.waitFor(store.layout.end + 1)).rejects.toMatchObject({ name: 'SessionEndedError' });
  mirror.close();
  expect(mirror.barCount('AAA')).toBe(40);
  await expect(mirror.update()).rejects.toThrow(MirrorClosedError);
});

test('what was cut off while it was read is read again', async () => {
  const store = await server.begin(server.layout(SPEC));
  const gate = await tcpGate(process.env['SESSION_REDIS_URL']!, 6379);
  const redis = new Redis(gate.url, { retryStrategy: () => 5 });
  redis.on('error', () => undefined);
  const mirror = await Mirror.open(redis, store.reader);
  mirrors.push(mirror);
  const source = holey(whole, 0.2, 3);
  for (let day = 0; day < 3; day++) {
    const grid = store.layout.grid(day);
    // Reads of whole days and of half days that break off: the mirror has taken some chunks when the rest does not
    // arrive.
    for (const to of [grid.openTime(200), grid.close]) {
      gate.cutAfter(25_000 + 9_000 * day);
      await runTo(store, source, to);
      await mirror.waitFor(to);
      await expectSame(mirror, store, [1, 2_000]);
    }
  }
  redis.disconnect();
  await gate.shut();
});

test('shows a backfilled bar behind its clock as it lands, and a late one', async () => {
  const store = await server.begin(server.layout(SPEC));
  const source = holey(whole, 0.3, 5);
  const mirror = await mirrorOf(store);
  await runTo(store, source, store.layout.grid(1).close);
  await mirror.waitFor(store.layout.grid(1).close);
  const before = mirror.barCount('BBB');
  const changed = new Promise<void>((resolve) => mirror.onChange(() => resolve()));
  const written = await fillDay(store, 0, 'BBB', whole.get('BBB')!);
  await changed;
  expect(written).toBeGreaterThan(50);
  expect(mirror.barCount('BBB')).toBe(before + written);
  await deriveDay(store, 0);
  await mirror.update();
  await expectSame(mirror, store, [1_000]);
});

test('shows a bar that was fed behind its clock', async () => {
  const spec = { ...SPEC, derivedIntervals: [], source: { type: 'feed' }, backfill: [], upkeep: { enabled: false } };
  const store = await server.begin(server.layout(spec));
  const { layout, writer } = store;
  const { feed, frontier } = feedOf(server.redis, store);
  const [first] = [layout.grid(0)];
  const [late] = whole.get('CCC')!;
  for (const symbol of layout.symbols) {
    const bars = whole.get(symbol)!.filter(({ openTime }) => openTime < first.close);
    await feed.feed(symbol, symbol === 'CCC' ? bars.slice(1) : bars);
    await feed.through(symbol, first.close);
  }
  await advanceTo(frontier, first.close);
  await writer.moveClock(first.close);
  const mirror = await mirrorOf(store);
  const before = mirror.barCount('CCC');
  const changed = new Promise<void>((resolve) => mirror.onChange(() => resolve()));
  expect(await feed.feed('CCC', [late!])).toMatchObject({ accepted: 1, late: 1 });
  await changed;
  expect(mirror.barCount('CCC')).toBe(before + 1);
  expect(mirror.lastBars('CCC', before + 1)[0]).toMatchObject({ openTime: late!.openTime });
  expect(mirror.lastBars('CCC', 1_000)).toEqual(await store.reader.lastBars('CCC', undefined, 1_000));
});

test('notices that events were trimmed of a partition that had none when it was opened', async () => {
  const store = await server.begin(server.layout(SPEC));
  await runTo(store, holey(whole, 0.3, 7), store.layout.grid(0).close);
  await server.redis.del(...store.layout.keys.map(({ events }) => events));
  const mirror = await mirrorOf(store);
  await fillDay(store, 0, 'CCC', whole.get('CCC')!);
  const { events } = store.layout.keysOf(store.layout.partitionOf('CCC')!);
  const pipeline = server.redis.pipeline();
  for (let i = 0; i < 11_000; i++) pipeline.xadd(events, 'MAXLEN', '~', 10_000, '*', 'type', 'anything');
  await pipeline.exec();
  const types = await server.redis.xrange(events, '-', '+', 'COUNT', 1);
  expect(types[0]![1]).toEqual(['type', 'anything']);
  await mirror.update();
  await expectSame(mirror, store, [1_000]);
});

test('keeps as many days as keepDays says', async () => {
  const store = await server.begin(server.layout(SPEC));
  const { layout } = store;
  const mirror = await mirrorOf(store, { keepDays: 1 });
  await runTo(store, whole, layout.grid(2).openTime(10));
  await mirror.update();
  const late = await mirrorOf(store, { keepDays: 1 });
  for (const each of [mirror, late]) {
    expect(each.barCount('AAA')).toBe(400);
    expect(each.lastBars('AAA', 1_000, '1m')[0]!.openTime).toBe(layout.grid(1).open);
    expect(each.barQuality('AAA')).toBe(100);
  }
});

test('reads everything again after more events than the stream retains', async () => {
  const store = await server.begin(server.layout(SPEC));
  const source = holey(whole, 0.3, 6);
  await runTo(store, source, store.layout.grid(0).close);
  const mirror = await mirrorOf(store);
  const { events } = store.layout.keysOf(0);
  await fillDay(store, 0, 'CCC', whole.get('CCC')!);
  const last = await server.redis.xadd(events, '*', 'type', 'anything');
  await server.redis.xtrim(events, 'MINID', last!);
  await mirror.update();
  await expectSame(mirror, store, [1_000]);
});

test('a store that was set back does not set the mirror back', async () => {
  const store = await server.begin(server.layout(SPEC));
  const { layout } = store;
  const time = layout.grid(0).openTime(100);
  await runTo(store, whole, time);
  const mirror = await mirrorOf(store);
  await server.redis.hset(layout.keysOf(0).meta, 'clock', layout.grid(0).openTime(40));
  await mirror.update();
  expect(mirror.clock).toBe(time);
  expect(mirror.barCount('AAA')).toBe(100);
  await runTo(store, whole, layout.grid(0).openTime(90));
  await mirror.update();
  expect(mirror.clock).toBe(time);
  await runTo(store, whole, layout.grid(0).openTime(120));
  await mirror.update();
  await expectSame(mirror, store, [150]);
});

test('a waiting call ends when a session ends whose store was set back and did not catch up', async () => {
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

test('the error for a deleted session has its id', async () => {
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

test('symbols come and go', async () => {
  const store = await server.begin(server.layout(SPEC));
  const { layout } = store;
  const market = marketBars({ ...SPEC, symbols: [...SPEC.symbols, 'XXX'], seed: 8 });
  await runTo(store, market, layout.grid(0).close);
  const mirror = await mirrorOf(store);
  const members = { symbols: layout.spec.symbols, basePartitions: layout.basePartitions };
  const more = withMembership(layout, withSymbol(layout.id, members, layout.membership, 'XXX'));
  await updateSymbols(server.redis, more);
  await mirror.update();
  expect(() => mirror.latestBar('XXX')).toThrow(UnknownSymbolError);
  const fence = { epoch: 1, owner: 'one' };
  const grown = { ...store, layout: more, writer: new SessionWriter(server.redis, more, fence) };
  await grown.writer.claim();
  const added = more.partitionOf('XXX')!;
  for (const window of more.windowsFrom(0)) {
    if (window.to > layout.grid(0).close) break;
    await grown.writer.flush(window, partsOf(more, window, market)[added]!);
  }
  await showJoined(server.redis, more, fence, ['XXX'], layout.grid(0).close);
  await mirror.update();
  expect(mirror.lastBars('XXX', 500, '1m')).toEqual(await store.reader.lastBars('XXX', '1m', 500));
  expect(mirror.barCount('XXX')).toBe(390);
  const fewerMembers = withoutSymbol(layout.id, members, more.membership, 'AAA', more.partitionOf('AAA')!);
  await updateSymbols(server.redis, withMembership(more, fewerMembers));
  await mirror.update();
  expect(() => mirror.latestBar('AAA')).toThrow(UnknownSymbolError);
  expect(() => mirror.latestBar('BBB', '7m')).toThrow(UnknownIntervalError);
  expect(mirror.symbols).toEqual(['BBB', 'CCC', 'DDD', 'XXX']);
});

test('what lands before the mirror has come to it is not shown', async () => {
  const store = await server.begin(server.layout(SPEC));
  await flushUpTo(store, holey(whole, 0.3, 9), windowEnd(store, store.layout.grid(0).close));
  const mirror = await mirrorOf(store);
  for (const symbol of SPEC.symbols) await fillDay(store, 0, symbol, whole.get(symbol)!);
  await deriveDay(store, 0);
  await mirror.update();
  expect(mirror.latestBar('AAA')).toBeUndefined();
  expect(mirror.lastBars('AAA', 10, '5m')).toEqual([]);
  expect(mirror.closes('AAA', 10)).toHaveLength(0);
  expect(mirror.barQuality('AAA')).toBe(100);
});

test('a signal closes a mirror with its reason', async () => {
  const store = await server.begin(server.layout(SPEC));
  const controller = new AbortController();
  const mirror = await Mirror.open(server.redis, store.reader, {}, controller.signal);
  const waiting = mirror.waitFor(store.layout.end);
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await expect(mirror.update()).rejects.toThrow('enough');
});
