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
  readSymbols,
  removeSession,
  SessionLostError,
  showJoined,
  UnknownSymbolError,
  UpkeepStore,
  withMembership,
  type SessionLayout,
} from '@barkeep/session-data';
import { marketBars } from '../support/data/market.js';
import { failingAfter } from '../support/sessions/faulty-connections.js';
import {
  deriveAll,
  derivedOf,
  FENCE,
  flushUpTo,
  SMALL_SPEC,
  StoreServer,
  type TestStore,
} from '../support/sessions/session-store.js';

const server = new StoreServer();
const SLOTS = 390;
const market = marketBars({ ...SMALL_SPEC, symbols: ['AAA', 'BBB', 'CCC', 'XXX'], seed: 5 });
afterAll(() => server.close());

/** A store that is streamed and derived to its end. Its reader was opened before any change of symbols. */
async function fullStore(): Promise<TestStore> {
  const store = await server.begin();
  await flushUpTo(store, market, store.layout.end);
  await deriveAll(store);
  await store.writer.moveClock(store.layout.end);
  return store;
}

/** The layout of a session after one change of its symbols. */
function changed(layout: SessionLayout, change: 'add' | 'remove', symbol: string): SessionLayout {
  const members = { symbols: layout.spec.symbols, basePartitions: layout.basePartitions };
  const after: Membership =
    change === 'add'
      ? withSymbol(layout.id, members, layout.membership, symbol)
      : withoutSymbol(layout.id, members, layout.membership, symbol, layout.partitionOf(symbol)!);
  return withMembership(layout, after);
}

/** Changes the symbols of a store. @returns the store, claimed again by its owner */
async function changeTo(target: SessionLayout): Promise<TestStore> {
  await updateSymbols(server.redis, target);
  const store = server.open(target);
  await store.writer.claim();
  return store;
}

/** Counts of the rows of a symbol on a date: of nine rows two are outside and one is extended. */
const outsideDay = (symbol: string, date: string) => ({
  symbol,
  date,
  rows: 9,
  outside: 2,
  extended: 1,
  first: Date.parse(`${date}T04:00Z`),
  until: Date.parse(`${date}T23:00Z`),
});

test('I10 counts of rows outside are stored once, and are requested again when the symbols of a partition change', async () => {
  const store = await fullStore();
  const { layout, writer, reader } = store;
  const days = [outsideDay('AAA', '2013-10-07'), outsideDay('BBB', '2013-10-07'), outsideDay('AAA', '2013-10-08')];
  const note = { partition: 0, to: '2013-10-09', isFirst: true, days };
  expect(await outsideTo(server.redis, layout)).toEqual([undefined]);
  await noteOutside(writer, note);
  // The second call for the same days changes nothing.
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

test('I9 a removed symbol leaves nothing, and a client with the old list of symbols writes nothing', async () => {
  const store = await fullStore();
  const note = { partition: 0, to: '2013-10-08', isFirst: true, days: [outsideDay('BBB', '2013-10-07')] };
  await noteOutside(store.writer, note);
  const derived = await derivedOf(store, 0, 0, SLOTS);
  const { counts: before } = await store.reader.position();
  const target = changed(store.layout, 'remove', 'BBB');
  expect(await updateSymbols(server.redis, target)).toEqual(['BBB']);
  expect(await updateSymbols(server.redis, target)).toBeUndefined();
  const dump = await server.dump(store.layout.id);
  expect([...dump.keys()].filter((key) => key.includes('BBB'))).toEqual([]);
  expect(await server.redis.hkeys(store.layout.keysOf(0).outside)).toEqual(['counted']);

  await expect(store.upkeep.writeDerived(0, 0, SLOTS, derived)).rejects.toThrow(SessionLostError);
  const fill = { symbol: 'BBB', before: undefined, after: new Uint8Array(SLOTS).fill(1), dueAt: 1, runs: [] };
  await expect(store.upkeep.fill(0, 0, [fill])).rejects.toThrow(SessionLostError);
  await expect(store.upkeep.moveWatermark(0, store.layout.start, store.layout.end)).rejects.toThrow(SessionLostError);
  await store.upkeep.noteError(0, '2013-10-07', ['BBB'], 'late');
  expect(await server.dump(store.layout.id)).toEqual(dump);
  // The owner must read the list again.
  expect(await store.writer.moveClock(store.layout.end)).toBe('reload');

  await expect(store.reader.lastBars('BBB', '1m', 1)).rejects.toThrow(UnknownSymbolError);
  expect(store.reader.activeSymbols()).toEqual(['AAA', 'CCC']);
  const { counts } = await store.reader.position();
  expect(counts.expected).toBe((before.expected / 3) * 2);
  expect(counts.streamed).toBe((before.streamed / 3) * 2);
  // The digest is that of a session that never had BBB.
  const neverHad = await server.begin(server.layout({ ...SMALL_SPEC, symbols: ['AAA', 'CCC'] }));
  await flushUpTo(neverHad, market, neverHad.layout.end);
  await deriveAll(neverHad);
  expect(await store.reader.digest()).toEqual(await neverHad.reader.digest());
});

test('I1 I2 readers see an added symbol once it is whole up to the clock, and the session then equals one that always had it', async () => {
  const store = await fullStore();
  const target = changed(store.layout, 'add', 'XXX');
  const grown = await changeTo(target);
  await expect(store.reader.latestBar('XXX')).rejects.toThrow('is joining');
  const { frontier, watermark, counts } = await store.reader.position();
  expect({ frontier, watermark }).toEqual({ frontier: target.end, watermark: target.start });
  expect(counts.expected).toBe(3 * 2 * SLOTS);
  // XXX does not show while it is whole only up to a time before the clock, nor for an owner with the old list.
  expect(await showJoined(server.redis, target, FENCE, ['XXX'], target.end - 1)).toBe(false);
  expect(await showJoined(server.redis, store.layout, FENCE, ['XXX'], target.end)).toBe(false);

  await flushUpTo(grown, market, target.end);
  await deriveAll(grown);
  expect(await showJoined(server.redis, target, FENCE, ['XXX'], target.end)).toBe(true);
  expect(await store.reader.barCount('XXX')).toBe(2 * SLOTS);
  expect((await store.reader.position()).counts.expected).toBe(4 * 2 * SLOTS);
  const alwaysHad = await server.begin(server.layout({ ...SMALL_SPEC, symbols: ['AAA', 'BBB', 'CCC', 'XXX'] }));
  await flushUpTo(alwaysHad, market, target.end);
  await deriveAll(alwaysHad);
  expect(await store.reader.digest()).toEqual(await alwaysHad.reader.digest());
  await removeSession(server.redis, target);
  expect(await server.keys(target.id)).toEqual([]);
});

test('I9 a symbol that gets a freed partition finds it empty, and late writes for the former symbol are refused', async () => {
  const store = await fullStore();
  const layout = changed(store.layout, 'add', 'XXX');
  const former = await changeTo(layout);
  await flushUpTo(former, market, layout.end);
  const partition = layout.partitionOf('XXX')!;
  const keys = layout.keysOf(partition);
  const refusals = [keys.refused, keys.refusedAhead, keys.repositoryRefused];
  await former.upkeep.fill(partition, 0, [], [{ symbol: 'XXX', reason: 'bad-price', total: 2 }]);
  await server.redis.hset(keys.refusedAhead, `${layout.end} XXX bad-price`, 1);
  expect(await server.redis.exists(refusals)).toBe(3);

  // The same symbol is removed and added again, and so gets the same partition.
  const target = changed(changed(layout, 'remove', 'XXX'), 'add', 'XXX');
  expect(target.partitionOf('XXX')).toBe(partition);
  // The store gets both changes at once, as after a crash between the changes of the row in PostgreSQL and of the store.
  expect(await updateSymbols(server.redis, target)).toEqual(['XXX']);
  expect([...(await server.dump(layout.id)).keys()].filter((key) => key.includes('XXX'))).toEqual([]);
  expect(await server.redis.exists(refusals)).toBe(0);
  const [window] = [...layout.windowsFrom(0)];
  const part = { partition, chunks: new Map(), bars: 0, refused: new Map() };
  await expect(former.writer.flush(window!, part)).rejects.toThrow(SessionLostError);
  const position = { frontier: layout.start, watermark: layout.start, retainedFrom: 0 };
  expect((await new UpkeepStore(server.redis, target).positions())[partition]).toEqual(position);
});

test('I9 the next call finishes a removal that was interrupted', async () => {
  const store = await fullStore();
  const target = changed(store.layout, 'remove', 'AAA');
  const { redis } = server;
  // The process dies after the script that switches the list: later scripts fail.
  const dying = failingAfter(redis, 2);
  await expect(updateSymbols(dying, target)).rejects.toThrow('cut short');
  expect((await readSymbols(redis, target)).leaving).not.toBe('');
  expect(await updateSymbols(redis, target)).toEqual(['AAA']);
  expect((await readSymbols(redis, target)).leaving).toBe('');
  expect([...(await server.dump(target.id)).keys()].filter((key) => key.includes('AAA'))).toEqual([]);
});

test('a change of symbols fails for a session without a store, and creates none', async () => {
  const layout = server.layout();
  await expect(updateSymbols(server.redis, changed(layout, 'add', 'XXX'))).rejects.toThrow(SessionLostError);
  expect(await server.keys(layout.id)).toEqual([]);
  expect(layout.membership).toBe(UNCHANGED);
});
