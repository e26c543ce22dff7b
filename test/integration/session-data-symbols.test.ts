/**
 * Symbols that are added to a store and removed from it, on a real Redis: what readers see, which writes are refused,
 * and what remains.
 */
import { UNCHANGED, withoutSymbol, withSymbol, type Membership } from '@barkeep/bars';
import {
  FencedError,
  noteOutside,
  outsideTo,
  updateSymbols,
  OpenSession,
  readSymbols,
  removeSession,
  SessionLostError,
  SessionWriter,
  showJoined,
  UnknownSymbolError,
  UpkeepStore,
  withMembership,
  type SessionLayout,
} from '@barkeep/session-data';
import { marketBars } from '../support/data/market.js';
import {
  deriveAll,
  derivedOf,
  flushUpTo,
  SMALL_SPEC,
  StoreServer,
  type TestStore,
} from '../support/sessions/session-store.js';

const server = new StoreServer();
const market = marketBars({ ...SMALL_SPEC, symbols: ['AAA', 'BBB', 'CCC', 'XXX'], seed: 5 });
const FENCE = { epoch: 1, owner: 'one' };
afterAll(() => server.close());

/** A store that is streamed and derived to its end, with a reader that was opened before any change. */
async function full(): Promise<TestStore> {
  const store = await server.begin();
  await flushUpTo(store, market, store.layout.end);
  await deriveAll(store);
  await store.writer.moveClock(store.layout.end);
  return store;
}

function changed(layout: SessionLayout, change: 'add' | 'remove', symbol: string): SessionLayout {
  const members = { symbols: layout.spec.symbols, basePartitions: layout.basePartitions };
  const after: Membership =
    change === 'add'
      ? withSymbol(layout.id, members, layout.membership, symbol)
      : withoutSymbol(layout.id, members, layout.membership, symbol, layout.partitionOf(symbol)!);
  return withMembership(layout, after);
}

const storeOf = (layout: SessionLayout): TestStore => ({
  layout,
  writer: new SessionWriter(server.redis, layout, FENCE),
  upkeep: new UpkeepStore(server.redis, layout),
  reader: new OpenSession(server.redis, layout),
  as: (fence) => new SessionWriter(server.redis, layout, fence),
});

/** One symbol's rows without a slot on one date. */
const outsideDay = (symbol: string, date: string, outside = 2) => ({
  symbol,
  date,
  rows: 9,
  outside,
  extended: 1,
  first: Date.parse(`${date}T04:00Z`),
  until: Date.parse(`${date}T23:00Z`),
});

test('I10 counts of rows without a slot are stored once, and counted again when the symbols of a partition change', async () => {
  const store = await full();
  const { layout, writer, reader } = store;
  const days = [outsideDay('AAA', '2013-10-07'), outsideDay('BBB', '2013-10-07'), outsideDay('AAA', '2013-10-08')];
  const note = { partition: 0, to: '2013-10-09', isFirst: true, days };
  expect(await outsideTo(server.redis, layout)).toEqual([undefined]);
  await noteOutside(writer, note);
  await noteOutside(writer, { ...note, isFirst: false });
  expect(await outsideTo(server.redis, layout)).toEqual(['2013-10-09']);
  expect(await reader.outsideRows('operator')).toMatchObject({ outside: 6, extended: 3 });
  expect((await reader.metrics('AAA', 'operator', '2013-10-07')).outside).toBe(2);
  expect((await reader.metrics('AAA', 'operator')).outside).toBe(4);
  await expect(noteOutside(store.as({ epoch: 0, owner: 'old' }), note)).rejects.toThrow(FencedError);

  const target = changed(layout, 'remove', 'BBB');
  await updateSymbols(server.redis, target);
  expect(await outsideTo(server.redis, target)).toEqual([undefined]);
  expect(await reader.outsideRows('operator')).toMatchObject({ outside: 4, extended: 2 });
});

test('I9 nothing of a symbol that left remains, and a client with the old list writes nothing', async () => {
  const store = await full();
  const note = { partition: 0, to: '2013-10-08', isFirst: true, days: [outsideDay('BBB', '2013-10-07')] };
  await noteOutside(store.writer, note);
  const derived = await derivedOf(store, 0, 0, 390);
  const before = await store.reader.position();
  const target = changed(store.layout, 'remove', 'BBB');
  expect(await updateSymbols(server.redis, target)).toEqual(['BBB']);
  expect(await updateSymbols(server.redis, target)).toBeUndefined();
  const left = await server.dump(store.layout.id);
  expect([...left.keys()].filter((key) => key.includes('BBB'))).toEqual([]);
  expect(await server.redis.hkeys(store.layout.keysOf(0).outside)).toEqual(['counted']);

  await expect(store.upkeep.writeDerived(0, 0, 390, derived)).rejects.toThrow(SessionLostError);
  const fill = { symbol: 'BBB', before: undefined, after: new Uint8Array(390).fill(1), dueAt: 1, runs: [] };
  await expect(store.upkeep.fill(0, 0, [fill])).rejects.toThrow(SessionLostError);
  await expect(store.upkeep.moveWatermark(0, store.layout.start, store.layout.end)).rejects.toThrow(SessionLostError);
  await store.upkeep.noteError(0, '2013-10-07', ['BBB'], 'late');
  expect(await server.dump(store.layout.id)).toEqual(left);
  expect(await store.writer.moveClock(store.layout.end)).toBe('reload');

  await expect(store.reader.lastBars('BBB', '1m', 1)).rejects.toThrow(UnknownSymbolError);
  expect(store.reader.activeSymbols()).toEqual(['AAA', 'CCC']);
  const { counts } = await store.reader.position();
  expect(counts.expected).toBe((before.counts.expected / 3) * 2);
  expect(counts.streamed).toBe((before.counts.streamed / 3) * 2);
  const other = await server.begin(server.layout({ ...SMALL_SPEC, symbols: ['AAA', 'CCC'] }));
  await flushUpTo(other, market, other.layout.end);
  await deriveAll(other);
  expect(await store.reader.digest()).toEqual(await other.reader.digest());
});

test('I1 I2 no reader sees an added symbol until it is whole up to the clock', async () => {
  const store = await full();
  const target = changed(store.layout, 'add', 'XXX');
  await updateSymbols(server.redis, target);
  const now = storeOf(target);
  await now.writer.claim();
  await expect(store.reader.latestBar('XXX')).rejects.toThrow('is joining');
  const { frontier, watermark, counts } = await store.reader.position();
  expect({ frontier, watermark }).toEqual({ frontier: target.end, watermark: target.start });
  expect(counts.expected).toBe(3 * 780);
  expect(await showJoined(server.redis, target, FENCE, ['XXX'], target.end - 1)).toBe(false);
  expect(await showJoined(server.redis, store.layout, FENCE, ['XXX'], target.end)).toBe(false);

  await flushUpTo(now, market, target.end);
  await deriveAll(now);
  expect(await showJoined(server.redis, target, FENCE, ['XXX'], target.end)).toBe(true);
  expect(await store.reader.barCount('XXX')).toBe(780);
  expect((await store.reader.position()).counts.expected).toBe(4 * 780);
  const plain = await server.begin(server.layout({ ...SMALL_SPEC, symbols: ['AAA', 'BBB', 'CCC', 'XXX'] }));
  await flushUpTo(plain, market, target.end);
  await deriveAll(plain);
  expect(await store.reader.digest()).toEqual(await plain.reader.digest());
  await removeSession(server.redis, target);
  expect(await server.keys(target.id)).toEqual([]);
});

test('I9 the next symbol starts a freed partition empty, and late writes of the former symbol are refused', async () => {
  const store = await full();
  const first = changed(store.layout, 'add', 'XXX');
  await updateSymbols(server.redis, first);
  const former = storeOf(first);
  await former.writer.claim();
  await flushUpTo(former, market, first.end);
  const partition = first.partitionOf('XXX')!;
  const keys = first.keysOf(partition);
  const refusals = [keys.refused, keys.refusedAhead, keys.repositoryRefused];
  await former.upkeep.fill(partition, 0, [], [{ symbol: 'XXX', reason: 'bad-price', total: 2 }]);
  await server.redis.hset(keys.refusedAhead, `${first.end} XXX bad-price`, 1);
  expect(await server.redis.exists(refusals)).toBe(3);
  const left = changed(first, 'remove', 'XXX');
  const second = changed(left, 'add', 'XXX');
  expect(second.partitionOf('XXX')).toBe(first.partitionOf('XXX'));
  // Both changes at once, as after a crash between the row and the store.
  expect(await updateSymbols(server.redis, second)).toEqual(['XXX']);
  expect([...(await server.dump(first.id)).keys()].filter((key) => key.includes('XXX'))).toEqual([]);
  expect(await server.redis.exists(refusals)).toBe(0);
  const window = [...first.windowsFrom(0)][0]!;
  const part = { partition, chunks: new Map(), bars: 0, refused: new Map() };
  await expect(former.writer.flush(window, part)).rejects.toThrow(SessionLostError);
  expect((await storeOf(second).upkeep.positions())[part.partition]).toEqual({
    frontier: first.start,
    watermark: first.start,
    retainedFrom: 0,
  });
});

test('I9 a removal that was cut short is finished by the next call', async () => {
  const store = await full();
  const target = changed(store.layout, 'remove', 'AAA');
  const real = server.redis;
  // As if the process had died right after it switched the list: no later command is sent.
  let calls = 0;
  const dying = new Proxy(real, {
    get(redis, name) {
      const value: unknown = Reflect.get(redis, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if ((name === 'evalsha' || name === 'eval') && ++calls > 2) throw new Error('died');
        return value.apply(redis, args) as unknown;
      };
    },
  });
  await expect(updateSymbols(dying, target)).rejects.toThrow('died');
  expect((await readSymbols(real, target)).leaving).not.toBe('');
  expect(await updateSymbols(real, target)).toEqual(['AAA']);
  expect((await readSymbols(real, target)).leaving).toBe('');
  expect([...(await server.dump(target.id)).keys()].filter((key) => key.includes('AAA'))).toEqual([]);
});

test('a change of symbols does not create a store that is gone', async () => {
  const layout = server.layout();
  await expect(updateSymbols(server.redis, changed(layout, 'add', 'XXX'))).rejects.toThrow(SessionLostError);
  expect(await server.keys(layout.id)).toEqual([]);
  expect(layout.membership).toBe(UNCHANGED);
});
