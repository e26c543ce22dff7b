/**
 * Removal of days from a session's store: all their keys are removed, also after an interruption, and no client writes there again.
 * The days are numbered 0 to 6 here; days 0 to 2 are the history.
 * I3, I11: invariants at the end of docs/ARCHITECTURE.md.
 */
import type { Bar } from '@barkeep/bars';
import {
  FencedError,
  noteHistory,
  readHistory,
  removeSession,
  retireBefore,
  RewindError,
  SessionWriter,
  type SessionLayout,
} from '@barkeep/session-data';
import { failingAfter } from '../support/sessions/faulty-connections.js';
import { fillFirstHole, RETAINED_SPEC, retainedStore, sourceBars } from '../support/sessions/retained-store.js';
import { derivedOf, FENCE, SLOTS, StoreServer } from '../support/sessions/session-store.js';

const { symbols: SYMBOLS } = RETAINED_SPEC;
const server = new StoreServer();
afterEach(() => jest.restoreAllMocks());
afterAll(() => server.close());

/** Everything that the store has for a day: names of its keys, and the day's members and fields in keys that all days share. */
async function tracesOf(layout: SessionLayout, day: number): Promise<string[]> {
  const keys = layout.keysOf(0);
  const names = [
    ...(await server.redis.zrange(keys.retry, 0, -1)),
    ...(await server.redis.smembers(keys.dirty)),
    ...(await server.redis.hkeys(keys.errors)),
    ...(await server.keys(layout.id)),
  ];
  return names.filter((name) => name.includes(layout.day(day).date));
}

it('a layout has the history before the session, and retains three finished days and the one that streams', () => {
  const layout = server.layout(RETAINED_SPEC);
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
  // So the first day (0) is removed when the fourth day (3) has ended.
  expect(layout.firstKeptAt(layout.start)).toBe(0);
  expect(layout.firstKeptAt(layout.historyEnd)).toBe(0);
  expect(layout.firstKeptAt(layout.grid(3).close - 1)).toBe(0);
  expect(layout.firstKeptAt(layout.grid(3).close)).toBe(1);
  expect(layout.firstKeptAt(layout.end)).toBe(layout.days.length - 3);
});

it('a removal removes everything of the days before a given one and nothing else, and a repeat changes nothing', async () => {
  const store = await retainedStore(server, { clockAtEndOf: 4 });
  const { layout } = store;
  const before = await server.dump(layout.id);
  // At least four for each symbol: chunks, states and marks.
  expect((await tracesOf(layout, 0)).length).toBeGreaterThan(4 * SYMBOLS.length);
  await retireBefore(store.writer, 2);
  for (const day of [0, 1]) expect(await tracesOf(layout, day)).toEqual([]);
  const after = await server.dump(layout.id);
  const isOfRemovedDay = (key: string) => /2013-10-0[12]$/.test(key);
  /** The chunks and states of the days that are kept. */
  const keptIn = (dump: Map<string, string>) =>
    [...dump].filter(([key]) => /:(chunk|states):/.test(key) && !isOfRemovedDay(key));
  expect(keptIn(after)).toEqual(keptIn(before));
  await retireBefore(store.writer, 2);
  await retireBefore(store.writer, 1); // an earlier day than before
  expect(await server.dump(layout.id)).toEqual(after);
});

it('I11 a store that was set back during a removal is a rewind, and loses no day', async () => {
  const store = await retainedStore(server, { clockAtEndOf: 4 });
  const { layout, writer } = store;
  const setBack = await server.snapshot(layout.id);
  const run = writer.run.bind(writer);
  jest.spyOn(writer, 'run').mockImplementation(async (script, ...rest) => {
    if (script.name === 'retire') await setBack();
    return run(script, ...rest);
  });
  const before = await server.dump(layout.id);
  await expect(retireBefore(writer, 2)).rejects.toThrow(RewindError);
  expect(await server.dump(layout.id)).toEqual(before);
});

it('a removal that was interrupted at any of its calls is finished by a repeat', async () => {
  const uninterrupted = await retainedStore(server, { clockAtEndOf: 5 });
  await retireBefore(uninterrupted.writer, 3);
  const keyCount = (await server.dump(uninterrupted.layout.id)).size;
  // The connection of the removal fails after 0 to 3 calls. Then a removal on another connection repeats it.
  for (let calls = 0; calls < 4; calls++) {
    const store = await retainedStore(server, { clockAtEndOf: 5 });
    const dying = new SessionWriter(failingAfter(server.redis, calls), store.layout, FENCE);
    await expect(retireBefore(dying, 3)).rejects.toThrow('cut short');
    await retireBefore(store.writer, 3);
    for (const day of [0, 1, 2]) expect(await tracesOf(store.layout, day)).toEqual([]);
    expect((await server.dump(store.layout.id)).size).toBe(keyCount);
  }
});

it('no script of upkeep writes to a removed day', async () => {
  const store = await retainedStore(server, { clockAtEndOf: 4 });
  const { layout, upkeep } = store;
  const [removed, kept] = [1, 2];
  // What a worker read and derived before the removal.
  const [symbolDay] = await upkeep.readDay(0, removed, SYMBOLS);
  const derived = await derivedOf(store, 0, removed, SLOTS);
  await retireBefore(store.writer, kept);
  const dump = await server.dump(layout.id);
  // A write to a removed day changes nothing and refuses no symbol, so that upkeep does not try again.
  expect(await fillFirstHole(store, removed, 'CCC')).toEqual(new Set());
  const { symbol, states: before } = symbolDay!;
  const stale = { symbol, before, after: new Uint8Array(SLOTS), dueAt: 1, runs: [] };
  expect(await upkeep.fill(0, removed, [stale])).toEqual(new Set());
  expect(await upkeep.writeDerived(0, removed, SLOTS, derived)).toEqual(new Set());
  await upkeep.noteError(0, layout.day(removed).date, SYMBOLS, 'late');
  expect(await server.dump(layout.id)).toEqual(dump);
  expect(await fillFirstHole(store, kept, 'CCC')).toEqual(new Set());
  expect(await server.dump(layout.id)).not.toEqual(dump);
});

it('I3 a removal fails for an earlier owner, and for a day at or after the frontier', async () => {
  const store = await retainedStore(server, { clockAtEndOf: 4 });
  const { layout } = store;
  const next = store.as({ epoch: 2, owner: 'two' });
  await next.claim();
  const before = await server.dump(layout.id);
  await expect(retireBefore(store.writer, 2)).rejects.toThrow(FencedError);
  expect(await server.dump(layout.id)).toEqual(before);
  const empty = await server.begin(server.layout(RETAINED_SPEC));
  await expect(retireBefore(empty.writer, 1)).rejects.toThrow(RewindError);
});

it('the store has the number of bars of the history by symbol, and the counts of a session leave out its history', async () => {
  const { layout, reader, writer } = await retainedStore(server, { clockAtEndOf: 4 });
  expect(await readHistory(server.redis, layout)).toBeUndefined();
  await noteHistory(server.redis, layout, writer);
  const isHistory = ({ openTime }: Bar) => openTime < layout.sessionStart;
  const historyBars = await readHistory(server.redis, layout);
  // On each day one bar was backfilled for AAA and one for BBB, none for CCC. The history has three days, the session four.
  const expected = SYMBOLS.map((symbol): [string, number] => {
    const streamed = sourceBars.get(symbol)!.filter(isHistory).length;
    return [symbol, symbol === 'CCC' ? streamed : streamed + 3];
  });
  expect([...historyBars!]).toEqual(expected);
  const { counts } = await reader.position();
  const streamed = SYMBOLS.flatMap((symbol) => sourceBars.get(symbol)!.filter((bar) => !isHistory(bar))).length;
  expect(counts).toMatchObject({ expected: 3 * 4 * SLOTS, streamed, backfilled: 2 * 4 });
  const origins = (await reader.lastBars('CCC', '1m', 10_000)).map(({ origin }) => origin);
  expect(new Set(origins.slice(0, historyBars!.get('CCC')))).toEqual(new Set(['historical']));
  await removeSession(server.redis, layout);
  expect(await server.keys(layout.id)).toEqual([]);
});

it('the bars of the history are also counted for symbols with the names of properties that all objects have', async () => {
  const symbols = ['constructor', 'toString'];
  const store = await retainedStore(
    server,
    { clockAtEndOf: 3 },
    { ...RETAINED_SPEC, symbols: [...SYMBOLS, ...symbols] },
  );
  const { layout, writer } = store;
  expect(await readHistory(server.redis, layout)).toBeUndefined();
  await noteHistory(server.redis, layout, writer);
  const counts = await readHistory(server.redis, layout);
  expect(symbols.map((symbol) => counts?.get(symbol))).toEqual([0, 0]);
});
