/** Digests and counts over several partitions, and the removal of a whole session: no key of it is left or comes back. */
import { DayChunk } from '@barkeep/bars';
import {
  noteOutside,
  removeLeftover,
  removeSession,
  ReturnedKeys,
  SessionLostError,
  setControl,
} from '@barkeep/session-data';
import { holey, marketBars } from '../support/data/market.js';
import {
  deriveAll,
  derivedOf,
  flushUpTo,
  partsOf,
  SMALL_SPEC,
  StoreServer,
  type TestStore,
} from '../support/sessions/session-store.js';
import { PARTITION_SYMBOLS } from '../../libs/session-data/src/layout/index.js';

const server = new StoreServer();
const SLOTS = 390;
/** Symbols for three partitions. */
const MANY = Array.from({ length: 2 * PARTITION_SYMBOLS + 10 }, (_, i) => `S${String(i).padStart(3, '0')}`);
const manySpec = { ...SMALL_SPEC, symbols: MANY, end: SMALL_SPEC.start, derivedIntervals: ['30m'] };
const market = holey(marketBars({ ...manySpec, seed: 11 }), 0.3, 12);
afterAll(() => server.close());

/** A store with every kind of key, at its end. Each empty slot is absent. */
async function fullStore(spec: object = manySpec): Promise<TestStore> {
  const store = await server.begin(server.layout(spec));
  const { layout, upkeep, writer } = store;
  for (const window of layout.windowsFrom(0)) {
    for (const part of partsOf(layout, window, market)) {
      await writer.flush(window, { ...part, refused: new Map([['S000 off-grid', 1]]) });
    }
  }
  for (let partition = 0; partition < layout.partitions; partition++) {
    const symbols = layout.symbolsOf(partition);
    const days = await upkeep.readDay(partition, 0, symbols);
    const fills = days.map(({ symbol, bitmap, states }) => {
      const after = new Uint8Array(SLOTS);
      const chunk = new DayChunk(SLOTS);
      chunk.bitmap.set(bitmap);
      for (let slot = 0; slot < SLOTS; slot++) if (!chunk.has(slot)) after[slot] = 1;
      return { symbol, before: states, after, dueAt: 5, runs: [] };
    });
    await upkeep.fill(partition, 0, fills, [{ symbol: symbols[0]!, reason: 'not-finite', total: 1 }]);
    await upkeep.noteError(partition, '2013-10-07', symbols, 'away');
    const day = { symbol: symbols[0]!, date: '2013-10-07', rows: 3, outside: 2, extended: 1, first: 1, until: 2 };
    await noteOutside(writer, { partition, to: '2013-10-08', isFirst: true, days: [day] });
    await upkeep.failures.note({ repository: 'vendor', error: 'away', nextTryAt: 1, failures: 1 }, 0);
  }
  await deriveAll(store);
  await writer.moveClock(layout.end);
  return store;
}

test('I1 the digest and the chunks depend neither on the id nor on the partitions of the symbols', async () => {
  const store = await fullStore();
  expect(store.layout.partitions).toBe(3);
  const other = await fullStore({ ...manySpec, symbols: [...MANY].reverse() });
  expect(other.layout.id).not.toBe(store.layout.id);
  expect(await other.reader.digest()).toEqual(await store.reader.digest());

  // Smaller sessions with the same symbols have the same chunks, in other partitions.
  const few = MANY.slice(0, 5);
  const smaller = await server.begin(server.layout({ ...manySpec, symbols: few }));
  await flushUpTo(smaller, market, smaller.layout.end);
  for (const symbol of few) {
    const chunkOf = async ({ layout, upkeep }: TestStore) =>
      (await upkeep.readChunks(layout.partitionOf(symbol)!, 0, layout.base, [symbol])).get(symbol)!.bytes;
    expect(await chunkOf(smaller)).toEqual(await chunkOf(store));
  }
});

test('I1 a change of one byte of one chunk changes the digest', async () => {
  const store = await fullStore();
  const before = await store.reader.digest();
  const key = store.layout.keysOf(store.layout.partitionOf('S001')!).chunk('1m', 'S001', '2013-10-07');
  await server.redis.setrange(key, 1_000, '\u0001');
  const after = await store.reader.digest();
  expect(after.digest).not.toBe(before.digest);
  expect(after.bars).toBe(before.bars);
});

test('I6 the counts of a session add up, and are the sums of the counts of its symbols', async () => {
  const { reader, layout } = await fullStore();
  const { counts, frontier, watermark, clock } = await reader.position();
  expect({ frontier, clock, watermark }).toEqual({ frontier: layout.end, clock: layout.end, watermark: layout.start });
  const metrics = await Promise.all(MANY.map((symbol) => reader.metrics(symbol)));
  for (const field of Object.keys(counts) as (keyof typeof counts)[]) {
    const sum = metrics.reduce((total, metric) => total + metric[field], 0);
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
  const derived = await derivedOf(store, 1, 0, SLOTS);
  // The kind of a key is the word after its hash tag.
  const kinds = new Set((await server.keys(layout.id)).map((key) => key.split('}:')[1]!.split(':')[0]));
  expect(kinds).toEqual(
    new Set([
      'meta',
      'retry',
      'errors',
      'refused',
      'outside',
      'repository-refused',
      'repositories',
      'changes',
      'events',
      'chunk',
      'states',
    ]),
  );
  expect(await removeSession(server.redis, layout)).toBeGreaterThan(2 * MANY.length);
  expect(await server.keys(layout.id)).toEqual([]);

  const [window] = [...layout.windowsFrom(0)];
  for (const part of partsOf(layout, window!, market)) {
    await expect(writer.flush(window!, part)).rejects.toThrow(SessionLostError);
  }
  await expect(writer.moveClock(layout.end)).rejects.toThrow(SessionLostError);
  await expect(writer.claim()).rejects.toThrow(SessionLostError);
  const fill = {
    symbol: layout.symbolsOf(1)[0]!,
    before: undefined,
    after: new Uint8Array(SLOTS).fill(1),
    dueAt: 1,
    runs: [],
  };
  await expect(upkeep.fill(1, 0, [fill])).rejects.toThrow(SessionLostError);
  await expect(upkeep.writeDerived(1, 0, SLOTS, derived)).rejects.toThrow(SessionLostError);
  await expect(upkeep.moveWatermark(1, layout.start, layout.end)).rejects.toThrow(SessionLostError);
  await upkeep.noteError(1, '2013-10-07', MANY, 'late');
  expect(await setControl(server.redis, layout, 1, 'run')).toBe('gone');
  await expect(reader.position()).rejects.toThrow(SessionLostError);
  expect(await server.keys(layout.id)).toEqual([]);
  expect(await removeSession(server.redis, layout)).toBe(0);
});

test('I9 removeLeftover removes keys that were written after the removal, and none of a new session with the id', async () => {
  const old = await server.begin(server.layout(manySpec));
  await removeSession(server.redis, old.layout);
  // A process that has not noticed the removal creates the store again.
  await old.writer.init();
  await flushUpTo(old, market, old.layout.end);
  // The meta hashes of three partitions, and one chunk for each symbol.
  expect(await removeLeftover(server.redis, old.layout)).toBe(3 + MANY.length);
  expect(await server.keys(old.layout.id)).toEqual([]);

  const anew = await server.begin(server.layout(manySpec, old.layout.id));
  await flushUpTo(anew, market, anew.layout.end);
  const before = await server.dump(anew.layout.id);
  expect(await removeLeftover(server.redis, old.layout)).toBe(0);
  expect(await server.dump(anew.layout.id)).toEqual(before);
});

describe('keys that come back after a removal', () => {
  const neverAborted = new AbortController().signal;
  const keysOf = (store: TestStore) => server.redis.keys(`${store.layout.keysOf(0).prefix}:{${store.layout.id}:*`);

  /**
   * A removed session whose keys came back. With `withoutMeta` its meta hashes are missing, as when a set-back store lost only a
   * part of the removal.
   */
  async function returnedStore(withoutMeta = false): Promise<TestStore> {
    const store = await fullStore();
    if (withoutMeta) for (const { meta } of store.layout.keys) await server.redis.unlink(meta);
    return store;
  }

  /**
   * A sweeper that knows one removed session.
   * @param isTaken whether another session has its id now @param incarnation that of the removed session
   */
  function sweeper(store: TestStore, isTaken: boolean, incarnation = store.layout.incarnation) {
    const removed = new Map([[store.layout.id, { incarnations: [incarnation], isTaken }]]);
    const find = (ids: readonly string[]) => Promise.resolve(new Map([...removed].filter(([id]) => ids.includes(id))));
    return new ReturnedKeys(server.redis, store.layout.keysOf(0).prefix, find);
  }

  test('I9 are removed, with their meta hashes and without them', async () => {
    for (const withoutMeta of [false, true]) {
      const store = await returnedStore(withoutMeta);
      const before = await keysOf(store);
      expect(before.length).toBeGreaterThan(100);
      expect(await sweeper(store, false).sweep(Infinity, neverAborted)).toBe(before.length);
      expect(await keysOf(store)).toEqual([]);
    }
  });

  test('I9 are removed although another session has the id, when their meta hashes have the removed incarnation', async () => {
    const store = await returnedStore();
    await sweeper(store, true).sweep(Infinity, neverAborted);
    expect(await keysOf(store)).toEqual([]);
  });

  test('stay when their session is not the removed one, or when nothing shows that they are not of the new session', async () => {
    const store = await returnedStore();
    const before = (await keysOf(store)).sort();
    // Another incarnation was removed than that of these keys.
    expect(await sweeper(store, true, '00000000-0000-4000-8000-000000000000').sweep(Infinity, neverAborted)).toBe(0);
    // Without meta hashes the keys may be those of the session that has the id now.
    for (const { meta } of store.layout.keys) await server.redis.unlink(meta);
    expect(await sweeper(store, true).sweep(Infinity, neverAborted)).toBe(0);
    expect((await keysOf(store)).sort()).toEqual(before.filter((key) => !key.endsWith(':meta')));
  });
});
