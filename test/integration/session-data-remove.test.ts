/**
 * Digests and counts over several partitions, and the removal of a whole session: no key of it is left or comes back.
 * I1, I6, I9: invariants at the end of docs/ARCHITECTURE.md.
 */
import { hasBit } from '@barkeep/bars';
import {
  noteFailure,
  noteOutside,
  removeLeftover,
  removeRepositoryLimits,
  removeSession,
  RepositoryLimit,
  ReturnedKeys,
  SessionLostError,
  setControl,
} from '@barkeep/session-data';
import { holey, marketBars } from '../support/data/market.js';
import {
  ABSENT_ONCE,
  deriveAll,
  derivedOf,
  FIRST_DAY,
  flushUpTo,
  partsOf,
  SLOTS,
  SMALL_SPEC,
  StoreServer,
  type TestStore,
} from '../support/sessions/session-store.js';
import { PARTITION_SYMBOLS } from '../../libs/session-data/src/layout/index.js';

const server = new StoreServer();
const DATE = SMALL_SPEC.start;
/** Symbols for three partitions. */
const MANY = Array.from({ length: 2 * PARTITION_SYMBOLS + 10 }, (_, i) => `S${String(i).padStart(3, '0')}`);
/** One day of MANY. */
const MANY_SPEC = { ...SMALL_SPEC, symbols: MANY, end: DATE, derivedIntervals: ['30m'] };
const market = holey(marketBars({ ...MANY_SPEC, seed: 11 }), 0.3, 12);
afterAll(() => server.close());

/** A store with every kind of key. Its clock is at the end, and each empty slot is absent. */
async function fullStore(spec: object = MANY_SPEC): Promise<TestStore> {
  const store = await server.begin(server.layout(spec));
  const { layout, writer } = store;
  const refused = new Map([['S000 off-grid', 1]]);
  for (const window of store.windows) {
    for (const part of partsOf(layout, window, market)) await writer.flush(window, { ...part, refused });
  }
  for (let partition = 0; partition < layout.partitions; partition++) await writeUpkeepOf(partition, store);
  await deriveAll(store);
  await writer.moveClock(layout.end);
  return store;
}

/** Writes what upkeep and the stream note for a partition: states, refused rows, errors, rows outside, a failed repository. */
async function writeUpkeepOf(partition: number, { layout, upkeep, writer }: TestStore): Promise<void> {
  const symbols = layout.symbolsOf(partition);
  const [symbol] = symbols as [string];
  const fills = (await upkeep.readDay(partition, FIRST_DAY, symbols)).map((day) => {
    const after = Uint8Array.from({ length: SLOTS }, (_, slot) => (hasBit(day.bitmap, slot) ? 0 : ABSENT_ONCE));
    return { symbol: day.symbol, before: day.states, after, dueAt: 5, runs: [] };
  });
  await upkeep.fill(partition, FIRST_DAY, fills, [{ symbol, reason: 'not-finite', total: 1 }]);
  await upkeep.noteError(partition, DATE, symbols, 'away');
  const outsideDay = { symbol, date: DATE, rows: 3, outside: 2, extended: 1, first: 1, until: 2 };
  await noteOutside(writer, { partition, to: '2013-10-08', isFirst: true, days: [outsideDay] });
  await noteFailure(upkeep, { repository: 'vendor', error: 'away', nextTryAt: 1, failures: 1 }, 0);
}

test('I1 the digest and the chunks depend neither on the id nor on the partitions of the symbols', async () => {
  const store = await fullStore();
  expect(store.layout.partitions).toBe(3);
  const other = await fullStore({ ...MANY_SPEC, symbols: [...MANY].reverse() });
  expect(other.layout.id).not.toBe(store.layout.id);
  expect(await other.reader.digest()).toEqual(await store.reader.digest());

  // A session of a few of the symbols has the same chunks of these, in a single partition.
  const few = MANY.slice(0, 5);
  const smaller = await server.begin(server.layout({ ...MANY_SPEC, symbols: few }));
  await flushUpTo(smaller, market, smaller.layout.end);
  const chunkOf = async ({ layout, upkeep }: TestStore, symbol: string) => {
    const chunks = await upkeep.readChunks(layout.partitionOf(symbol)!, FIRST_DAY, layout.base, [symbol]);
    return chunks.get(symbol)!.bytes;
  };
  for (const symbol of few) expect(await chunkOf(smaller, symbol)).toEqual(await chunkOf(store, symbol));
});

test('I1 a change of one byte of one chunk changes the digest', async () => {
  const store = await fullStore();
  const before = await store.reader.digest();
  const key = store.layout.keysOf(store.layout.partitionOf('S001')!).chunk('1m', 'S001', DATE);
  // A byte of the records, not of the bitmap, so that the number of bars stays.
  await server.redis.setrange(key, 1_000, '\u0001');
  const after = await store.reader.digest();
  expect(after.digest).not.toBe(before.digest);
  expect(after.bars).toBe(before.bars);
});

test('I6 the counts of a session add up, and are the sums of the counts of its symbols', async () => {
  const { reader, layout } = await fullStore();
  const { counts, frontier, watermark, clock } = await reader.position();
  expect({ frontier, clock, watermark }).toEqual({ frontier: layout.end, clock: layout.end, watermark: layout.start });
  const bySymbol = await Promise.all(MANY.map((symbol) => reader.metrics(symbol)));
  for (const field of Object.keys(counts) as (keyof typeof counts)[]) {
    const sum = bySymbol.reduce((total, metrics) => total + metrics[field], 0);
    expect({ field, sum }).toEqual({ field, sum: counts[field] });
  }
  const { filled, streamed, backfilled, noTrade, unfillable, absent, missing, expected } = counts;
  expect(streamed + backfilled).toBe(filled);
  expect(filled + noTrade + unfillable + absent + missing).toBe(expected);
  expect(expected).toBe(MANY.length * SLOTS);
  const gaps = await Promise.all(MANY.map((symbol) => reader.gaps(symbol)));
  expect(gaps.flat().reduce((sum, { bars }) => sum + bars, 0)).toBe(absent);
});

test('I9 removing a session leaves no key, and no late script writes one', async () => {
  const store = await fullStore();
  const { layout, writer, upkeep, reader } = store;
  const partition = 1;
  const derived = await derivedOf(store, partition, FIRST_DAY, SLOTS);
  // The kind of a key is the word after its hash tag.
  const kinds = new Set((await server.keys(layout.id)).map((key) => key.split('}:')[1]!.split(':')[0]));
  const all = 'meta retry errors refused outside repository-refused repositories changes events chunk states';
  expect(kinds).toEqual(new Set(all.split(' ')));
  expect(await removeSession(server.redis, layout)).toBeGreaterThan(2 * MANY.length);
  expect(await server.keys(layout.id)).toEqual([]);

  const [window] = store.windows;
  for (const part of partsOf(layout, window!, market)) {
    await expect(writer.flush(window!, part)).rejects.toThrow(SessionLostError);
  }
  await expect(writer.moveClock(layout.end)).rejects.toThrow(SessionLostError);
  await expect(writer.claim()).rejects.toThrow(SessionLostError);
  const [symbol] = layout.symbolsOf(partition) as [string];
  const after = new Uint8Array(SLOTS).fill(ABSENT_ONCE);
  const fill = { symbol, before: undefined, after, dueAt: 1, runs: [] };
  await expect(upkeep.fill(partition, FIRST_DAY, [fill])).rejects.toThrow(SessionLostError);
  await expect(upkeep.writeDerived(partition, FIRST_DAY, SLOTS, derived)).rejects.toThrow(SessionLostError);
  await expect(upkeep.moveWatermark(partition, layout.start, layout.end)).rejects.toThrow(SessionLostError);
  await upkeep.noteError(partition, DATE, MANY, 'late');
  expect(await setControl(server.redis, layout, 1, 'run')).toBe('gone');
  await expect(reader.position()).rejects.toThrow(SessionLostError);
  expect(await server.keys(layout.id)).toEqual([]);
  expect(await removeSession(server.redis, layout)).toBe(0);
});

test('I9 removing a session with millions of possible keys unlinks only those that exist', async () => {
  const wide = { ...SMALL_SPEC, start: '2000-01-03', end: '2013-10-08', upkeep: {}, derivedIntervals: ['5m', '15m'] };
  const symbols = Array.from({ length: 2_000 }, (_, i) => `S${i}`);
  const { layout } = await server.begin(server.layout({ ...wide, symbols }, 's-[a]*?'));
  // If a SCAN took the id above for a pattern, it would also match this id.
  const other = await server.begin(server.layout(SMALL_SPEC, 's-a'));
  const keys = layout.keysOf(layout.partitionOf('S7')!);
  await server.redis.set(keys.chunk('5m', 'S7', '2013-10-07'), 'x');
  await server.redis.set(keys.states('S7', '2013-10-08'), 'x');
  const unlink = jest.spyOn(server.redis, 'unlink');
  // One meta hash for each partition, and the two keys from above.
  const existing = layout.partitions + 2;
  expect(await removeSession(server.redis, layout)).toBe(existing);
  expect(unlink.mock.calls.length).toBeLessThanOrEqual(existing);
  unlink.mockRestore();
  expect(await other.reader.clock()).toBe(other.layout.start);
});

test('the limits of repositories are removed, and a session with the id repository stays', async () => {
  await server.begin(server.layout(SMALL_SPEC, 'repository'));
  const keysOfSession = await server.keys('repository');
  const limit = new RepositoryLimit(server.redis, server.prefix, 'vendor', { concurrency: 1 });
  await limit.rest(60_000);
  expect((await server.keys('repository')).length).toBeGreaterThan(keysOfSession.length);
  await removeRepositoryLimits(server.redis, server.prefix);
  expect(await server.keys('repository')).toEqual(keysOfSession);
});

test('I9 removeLeftover removes keys that were written after the removal, and none of a new session with the id', async () => {
  const old = await server.begin(server.layout(MANY_SPEC));
  await removeSession(server.redis, old.layout);
  // A process that has not noticed the removal creates the store again.
  await old.writer.init();
  await flushUpTo(old, market, old.layout.end);
  // The meta hashes of three partitions, and one chunk for each symbol.
  expect(await removeLeftover(server.redis, old.layout)).toBe(3 + MANY.length);
  expect(await server.keys(old.layout.id)).toEqual([]);

  const next = await server.begin(server.layout(MANY_SPEC, old.layout.id));
  await flushUpTo(next, market, next.layout.end);
  const before = await server.dump(next.layout.id);
  expect(await removeLeftover(server.redis, old.layout)).toBe(0);
  expect(await server.dump(next.layout.id)).toEqual(before);
});

describe('keys that come back after a removal', () => {
  const neverAborted = new AbortController().signal;
  const keysOf = async ({ layout }: TestStore) => (await server.redis.keys(`${server.prefix}:{${layout.id}:*`)).sort();

  /** Removes the meta hashes: a store that was set back to the middle of a removal has the other keys without them. */
  const removeMeta = ({ layout }: TestStore) => server.redis.unlink(layout.keys.map(({ meta }) => meta));

  /**
   * Sweeps the keys that came back, as if the session of `store` had been removed. @returns the number of removed keys
   * @param isTaken whether another session has its id now @param incarnation that of the removed session
   */
  function sweep(
    { layout }: TestStore,
    { isTaken, incarnation = layout.incarnation }: { isTaken: boolean; incarnation?: string },
  ): Promise<number> {
    const removed = { incarnations: [incarnation], isTaken };
    // Looks up which of these ids removed sessions had.
    const findRemoved = async (ids: readonly string[]) =>
      new Map(ids.includes(layout.id) ? [[layout.id, removed]] : []);
    return new ReturnedKeys(server.redis, server.prefix, findRemoved).sweep(Infinity, neverAborted);
  }

  test('I9 the keys are removed, with their meta hashes and without them', async () => {
    for (const hasMeta of [true, false]) {
      const store = await fullStore();
      if (!hasMeta) await removeMeta(store);
      const before = await keysOf(store);
      expect(before.length).toBeGreaterThan(100);
      expect(await sweep(store, { isTaken: false })).toBe(before.length);
      expect(await keysOf(store)).toEqual([]);
    }
  });

  test('I9 the keys are removed although another session has the id, when their meta hashes have the removed incarnation', async () => {
    const store = await fullStore();
    await sweep(store, { isTaken: true });
    expect(await keysOf(store)).toEqual([]);
  });

  test('the keys stay when their session is not the removed one, or when they may belong to the new session', async () => {
    const store = await fullStore();
    const before = await keysOf(store);
    // The removed session has another incarnation than these keys.
    expect(await sweep(store, { isTaken: true, incarnation: '00000000-0000-4000-8000-000000000000' })).toBe(0);
    // Without meta hashes the keys may be those of the session that has the id now.
    await removeMeta(store);
    expect(await sweep(store, { isTaken: true })).toBe(0);
    expect(await keysOf(store)).toEqual(before.filter((key) => !key.endsWith(':meta')));
  });
});
