/**
 * Removal of days from a session's store, on a real Redis: all their keys are removed, also after an interruption, and no client
 * can write to these days again.
 */
import { aggregateCascade, BACKFILLED, DayChunk, hasBit, ORIGIN_CODES, planCascade, type Bar } from '@barkeep/bars';
import {
  countMissingBars,
  FencedError,
  noteHistory,
  readDifference,
  removeSession,
  RewindError,
  SessionLayout,
  OpenSession,
  openSession,
  SessionWriter,
  readHistory,
  retireBefore,
} from '@barkeep/session-data';
import type { Redis } from 'ioredis';
import { holey, marketBars } from '../support/data/market.js';
import { failingAfter } from '../support/sessions/faulty-connections.js';
import { FENCE, flushUpTo, StoreServer, type TestStore } from '../support/sessions/session-store.js';

const DATES = { start: '2013-10-01', end: '2013-10-09' };
const SYMBOLS = ['AAA', 'BBB', 'CCC'];
/** Days 0 to 2 are history, days 3 to 6 the session. The session retains three finished days. */
const SPEC = {
  symbols: SYMBOLS,
  start: '2013-10-04',
  end: DATES.end,
  source: { type: 'dataset', dataset: 'stream' },
  backfill: ['vendor'],
  history: { trailingDays: 3, retainDays: 3 },
};
const stream = holey(marketBars({ ...DATES, symbols: SYMBOLS, seed: 3 }), 0.05, 4);

const server = new StoreServer();
afterAll(() => server.close());

/** A store with all bars and every kind of data on each day, and its clock at the end of day `day`. */
async function storeAt(day: number, spec: object = SPEC): Promise<TestStore> {
  const store = await server.begin(server.layout(spec));
  const { layout, writer } = store;
  await flushUpTo(store, stream, layout.end);
  for (let index = 0; index < layout.days.length; index++) await writeAllKinds(store, index);
  await writer.moveClock(layout.grid(day).close);
  return store;
}

/** Writes every kind of data of a day: a backfilled bar, states, a retry, an error, derived chunks, a dirty mark. */
async function writeAllKinds(store: TestStore, day: number): Promise<void> {
  const { upkeep, layout } = store;
  await upkeep.noteError(0, layout.day(day).date, SYMBOLS, 'away');
  await fillOne(store, day, 'AAA');
  await derive(store, day);
  await fillOne(store, day, 'BBB');
  await upkeep.noteError(0, layout.day(day).date, ['CCC'], 'away again');
}

/** Backfills the first empty slot of a symbol's day. @returns the symbols that were refused */
async function fillOne({ upkeep, layout }: TestStore, day: number, symbol: string): Promise<Set<string>> {
  const { slotCount } = layout.grid(day);
  const [symbolDay] = await upkeep.readDay(0, day, [symbol]);
  const { bitmap, states } = symbolDay!;
  let slot = 0;
  while (hasBit(bitmap, slot)) slot++;
  const chunk = new DayChunk(slotCount);
  chunk.write(slot, 1, 1, 1, 1, 1, ORIGIN_CODES.backfilled, 1, 1, 1);
  const after = Uint8Array.from(states ?? new Uint8Array(slotCount));
  after[slot] = BACKFILLED;
  const runs = [{ start: slot, records: chunk.record(slot) }];
  return upkeep.fill(0, day, [{ symbol, before: states, after, dueAt: 1, runs }]);
}

/** Derives a whole day. @returns the symbols that were refused */
async function derive({ upkeep, layout }: TestStore, day: number): Promise<Set<string>> {
  const { slotCount } = layout.grid(day);
  const bases = await upkeep.readChunks(0, day, layout.base, SYMBOLS);
  const cascade = planCascade(layout.computed.map((interval) => layout.plan(day, interval)));
  const items = SYMBOLS.map((symbol) => {
    const base = bases.get(symbol) ?? new DayChunk(slotCount);
    return { symbol, bitmap: base.bitmap, chunks: aggregateCascade(base, cascade, slotCount) };
  });
  return upkeep.writeDerived(0, day, slotCount, items);
}

/** Everything that the store has for a date: key names, members and fields. */
async function tracesOf(layout: SessionLayout, date: string): Promise<string[]> {
  const keys = layout.keysOf(0);
  const members = [
    ...(await server.redis.zrange(keys.retry, 0, -1)),
    ...(await server.redis.smembers(keys.dirty)),
    ...(await server.redis.hkeys(keys.errors)),
    ...(await server.keys(layout.id)),
  ];
  return members.filter((name) => name.includes(date));
}

/** Removes the days before `day`, as the store's owner. @param redis another connection than the store's */
const retire = ({ layout, writer }: TestStore, day: number, redis?: Redis) =>
  retireBefore(redis ? new SessionWriter(redis, layout, FENCE) : writer, day);

/** Runs `action` between the next MGET and its return to the reader. */
function duringNextMget(action: () => Promise<void>): void {
  const mget = server.redis.mgetBuffer.bind(server.redis);
  jest.spyOn(server.redis, 'mgetBuffer').mockImplementationOnce(async (...keys: unknown[]) => {
    const values = await mget(...(keys as string[]));
    await action();
    return values;
  });
}
afterEach(() => jest.restoreAllMocks());

it('lays out the history before the session, and retains three finished days and the one that streams', () => {
  const layout = server.layout(SPEC);
  expect(layout.days.map(({ date }) => date)).toEqual([
    '2013-10-01',
    '2013-10-02',
    '2013-10-03',
    '2013-10-04',
    '2013-10-07',
    '2013-10-08',
    '2013-10-09',
  ]);
  expect([0, 2, 3, 6].map((day) => layout.isHistory(day))).toEqual([true, true, false, false]);
  expect(layout.firstKeptAt(layout.start)).toBe(0);
  expect(layout.firstKeptAt(layout.historyEnd)).toBe(0);
  expect(layout.firstKeptAt(layout.grid(3).close - 1)).toBe(0);
  expect(layout.firstKeptAt(layout.grid(3).close)).toBe(1);
  expect(layout.firstKeptAt(layout.end)).toBe(layout.days.length - 3);
});

it('removes everything of the days before and nothing else, and a repeat changes nothing', async () => {
  const store = await storeAt(4);
  const { layout } = store;
  const before = await server.dump(layout.id);
  // At least four for each symbol: chunks, states and marks.
  expect((await tracesOf(layout, layout.day(0).date)).length).toBeGreaterThan(4 * SYMBOLS.length);
  await retire(store, 2);
  for (const day of [0, 1]) expect(await tracesOf(layout, layout.day(day).date)).toEqual([]);
  const after = await server.dump(layout.id);
  /** The chunks and states of the days that are kept. */
  const keptIn = (dump: Map<string, string>) =>
    [...dump].filter(([key]) => /:(chunk|states):/.test(key) && !/2013-10-0[12]$/.test(key));
  expect(keptIn(after)).toEqual(keptIn(before));
  await retire(store, 2);
  await retire(store, 1);
  expect(await server.dump(layout.id)).toEqual(after);
});

it('I11 a store that was set back during a removal is a rewind, and loses no day', async () => {
  const store = await storeAt(4);
  const { layout, writer } = store;
  const setBack = await server.snapshot(layout.id);
  const run = writer.run.bind(writer);
  jest.spyOn(writer, 'run').mockImplementation(async (script, ...rest) => {
    if (script.name === 'retire') await setBack();
    return run(script, ...rest);
  });
  const before = await server.dump(layout.id);
  await expect(retire(store, 2)).rejects.toThrow(RewindError);
  expect(await server.dump(layout.id)).toEqual(before);
});

it('continues after an interruption at any of its calls', async () => {
  const uninterrupted = await storeAt(5);
  await retire(uninterrupted, 3);
  const keyCount = (await server.dump(uninterrupted.layout.id)).size;
  for (let calls = 0; calls < 4; calls++) {
    const store = await storeAt(5);
    await expect(retire(store, 3, failingAfter(server.redis, calls))).rejects.toThrow('cut short');
    await retire(store, 3);
    for (const day of [0, 1, 2]) expect(await tracesOf(store.layout, store.layout.day(day).date)).toEqual([]);
    expect((await server.dump(store.layout.id)).size).toBe(keyCount);
  }
});

/** Without upkeep days are certified up to the clock, not up to the watermark. */
const CERTIFIED_TO_CLOCK = { ...SPEC, upkeep: { enabled: false } };

it('certifies no day that is removed while it is read', async () => {
  const store = await storeAt(4, CERTIFIED_TO_CLOCK);
  const { layout, reader } = store;
  duringNextMget(() => retire(store, 1));
  const certificate = await reader.certificate();
  expect(certificate).toEqual(await reader.certificate());
  expect(certificate.days[0]?.date).toBe(layout.day(1).date);
  duringNextMget(() => retire(store, 2));
  expect(await reader.digest()).toEqual(await reader.digest());
});

it('I11 certifies the days that it read when the store is set back to before a removal meanwhile', async () => {
  const store = await storeAt(4, CERTIFIED_TO_CLOCK);
  const { layout, reader } = store;
  const setBack = await server.snapshot(layout.id);
  await retire(store, 2);
  duringNextMget(setBack);
  const { days, complete } = await reader.certificate();
  expect(days.map(({ date }) => date)).toEqual([2, 3, 4].map((day) => layout.day(day).date));
  expect(complete).toBe(false);
});

it('lets no script of upkeep write to a removed day', async () => {
  const store = await storeAt(4);
  const { layout, upkeep } = store;
  const [staleDay] = await upkeep.readDay(0, 1, SYMBOLS);
  await retire(store, 2);
  const after = await server.dump(layout.id);
  // A write to a removed day changes nothing and refuses no symbol, so that upkeep does not try again.
  expect(await fillOne(store, 1, 'CCC')).toEqual(new Set());
  expect(await derive(store, 1)).toEqual(new Set());
  await upkeep.noteError(0, layout.day(1).date, SYMBOLS, 'late');
  const { symbol, states } = staleDay!;
  const fill = { symbol, before: states, after: new Uint8Array(states!.length), dueAt: 1, runs: [] };
  expect(await upkeep.fill(0, 1, [fill])).toEqual(new Set());
  expect(await server.dump(layout.id)).toEqual(after);
  // Day 2 is kept.
  expect(await fillOne(store, 2, 'CCC')).toEqual(new Set());
  expect(await server.dump(layout.id)).not.toEqual(after);
});

it('shows readers nothing of removed days, also while they are being removed', async () => {
  const store = await storeAt(4);
  const { layout, reader } = store;
  const all = await reader.lastBars('AAA', '1m', 10_000);
  // `retainedFrom` is set, and no key is removed yet.
  await expect(retire(store, 2, failingAfter(server.redis, 1))).rejects.toThrow('cut short');
  expect((await server.keys(layout.id)).filter((key) => key.endsWith(layout.day(0).date)).length).toBeGreaterThan(0);
  const kept = all.filter(({ openTime }) => openTime >= layout.grid(2).open);
  expect(kept.length).toBeLessThan(all.length);
  const openedLater = await openSession(server.redis, server.prefix, layout.id);
  for (const session of [reader, openedLater]) {
    expect(await session.lastBars('AAA', '1m', 10_000)).toEqual(kept);
    expect(await session.barsBetween('AAA', '1m', 0, layout.end)).toEqual(kept);
    expect(await session.barCount('AAA', '1m')).toBe(kept.length);
  }
  const { digest } = await reader.digest();
  await retire(store, 2);
  expect((await reader.digest()).digest).toBe(digest);
});

it('I3 removes nothing for an earlier owner, and no day at or after the frontier', async () => {
  const store = await storeAt(4);
  const { layout } = store;
  const next = store.as({ epoch: 2, owner: 'two' });
  await next.claim();
  const before = await server.dump(layout.id);
  await expect(retire(store, 2)).rejects.toThrow(FencedError);
  expect(await server.dump(layout.id)).toEqual(before);
  const empty = await server.begin(server.layout(SPEC));
  await expect(retire(empty, 1)).rejects.toThrow(RewindError);
});

it('stores the number of bars of the history by symbol, and counts the session without its history', async () => {
  const store = await storeAt(4);
  const { layout, reader, writer } = store;
  expect(await readHistory(server.redis, layout)).toBeUndefined();
  await noteHistory(server.redis, layout, writer);
  const isHistory = ({ openTime }: Bar) => openTime < layout.sessionStart;
  const historyBars = await readHistory(server.redis, layout);
  // On each of the three days one bar was backfilled for AAA and one for BBB.
  expect([...historyBars!]).toEqual(
    SYMBOLS.map((symbol) => [symbol, stream.get(symbol)!.filter(isHistory).length + (symbol === 'CCC' ? 0 : 3)]),
  );
  const { counts } = await reader.position();
  const sessionBars = SYMBOLS.flatMap((symbol) => stream.get(symbol)!.filter((bar) => !isHistory(bar)));
  expect(counts).toMatchObject({ expected: 4 * 390 * 3, streamed: sessionBars.length, backfilled: 4 * 2 });
  const origins = (await reader.lastBars('CCC', '1m', 10_000)).map(({ origin }) => origin);
  expect(new Set(origins.slice(0, historyBars!.get('CCC')))).toEqual(new Set(['historical']));
  await removeSession(server.redis, layout);
  expect(await server.keys(layout.id)).toEqual([]);
});

/** A connection that runs `action` before its read number `at`, from 0. Each MGET and each command in a pipeline is a read. */
function interruptedAt(at: number, action: () => Promise<void>): Redis {
  const { redis } = server;
  let reads = 0;
  const counted = async <T>(read: () => Promise<T>): Promise<T> => {
    if (reads++ === at) await action();
    return read();
  };
  /** Sends the commands of a pipeline one by one. */
  async function exec(commands: string[][]): Promise<[null, unknown][]> {
    const replies: [null, unknown][] = [];
    for (const command of commands) {
      const reply = await counted(async () => (await redis.pipeline([command]).exec())![0]![1]);
      replies.push([null, reply]);
    }
    return replies;
  }
  return new Proxy(redis, {
    get(target, name) {
      if (name === 'mgetBuffer') return (...keys: string[]) => counted(() => target.mgetBuffer(...keys));
      if (name === 'pipeline') return (commands: string[][]) => ({ exec: () => exec(commands) });
      return Reflect.get(target, name) as unknown;
    },
  });
}

describe('I8 a read during which days are removed', () => {
  let store: TestStore;
  beforeEach(async () => {
    store = await storeAt(4);
    await store.upkeep.moveWatermark(0, store.layout.start, store.layout.grid(4).close);
  });
  /** A reader that removes the history before its read number `at`. */
  const readerAt = (at: number) =>
    new OpenSession(
      interruptedAt(at, () => retire(store, 3)),
      store.layout,
    );

  it.each([2, 4, 6])('shows no day in part: at read %i', async (at) => {
    const bars = await readerAt(at).barsBetween('AAA', '1m', -Infinity, Infinity);
    const dates = [...new Set(bars.map(({ openTime }) => store.layout.day(store.layout.dayIndexAt(openTime)).date))];
    expect(dates).toEqual(['2013-10-04', '2013-10-07']);
  });

  it.each([4, 8])('counts only days that are still retained: at read %i', async (at) => {
    const metrics = await readerAt(at).metrics('AAA');
    expect(metrics).toEqual(await store.reader.metrics('AAA', 'strategy'));
    expect(metrics.expected).toBe(2 * 390);
  });

  it.each([5, 8])('gives the digest and the certificate of the remaining days: at read %i', async (at) => {
    const [digest, certificate] = [await readerAt(at).digest(), await readerAt(at).certificate()];
    expect(digest).toEqual(await store.reader.digest('strategy'));
    expect(certificate.days.map(({ date }) => date)).toEqual(['2013-10-04', '2013-10-07']);
    expect(certificate).toEqual(await store.reader.certificate());
  });
});

it('I8 a comparison leaves out days that are removed while it reads them, also when one is removed at every read', async () => {
  const spec = { ...SPEC, start: DATES.start, history: { retainDays: 3 } };
  const [store, other] = [await storeAt(6, spec), await storeAt(6, spec)];
  const { redis } = server;
  const readers = [store, other].map(({ layout }) => new OpenSession(redis, layout));
  let firstKept = 0;
  /** Removes a day of `store` before each of its MGETs, until only the last day is left. */
  const removing = new Proxy(redis, {
    get(target, name) {
      if (name !== 'mgetBuffer') return Reflect.get(target, name) as unknown;
      return async (...keys: string[]) => {
        if (keys[0]!.includes(store.layout.id) && firstKept < 6) await retire(store, ++firstKept);
        return target.mgetBuffer(...keys);
      };
    },
  });
  const found = await readDifference(removing, readers[0]!, readers[1]!, new AbortController().signal);
  expect(found).toEqual({ first: null, symbols: SYMBOLS.length, days: 1 });
});

it('I11 bars of a day that is removed during the count do not count as evicted', async () => {
  const store = await storeAt(5);
  expect(await countMissingBars(server.redis, store.layout)).toBe(0);
  // The first read has the counters, the others count the bars.
  const removing = interruptedAt(1, () => retire(store, 4));
  expect(await countMissingBars(removing, store.layout)).toBe(0);
});
