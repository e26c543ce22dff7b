/**
 * Symbols that are added to a store with a history and with removed days, on a real Redis: they begin at the oldest
 * retained day, and the counts of the history include them.
 */
import { withoutSymbol, withSymbol } from '@barkeep/bars';
import {
  updateSymbols,
  noteHistory,
  OpenSession,
  SessionLayout,
  SessionWriter,
  UpkeepStore,
  withMembership,
  readHistory,
  retireBefore,
} from '@barkeep/session-data';
import { marketBars } from '../support/data/market.js';
import { flushUpTo, StoreServer, type TestStore } from '../support/sessions/session-store.js';

const SYMBOLS = ['AAA', 'BBB'];
/** Three days of history, then four of the session. */
const SPEC = {
  symbols: SYMBOLS,
  start: '2013-10-04',
  end: '2013-10-09',
  source: { type: 'dataset', dataset: 'stream' },
  history: { trailingDays: 3, retainDays: 3 },
};
const DAYS = 3 + 4;
const SLOTS = 390;
const server = new StoreServer();
const market = marketBars({ start: '2013-10-01', end: SPEC.end, symbols: [...SYMBOLS, 'XXX'], seed: 6 });
afterAll(() => server.close());

/** The clients of an existing store, for its owner `one`. */
const storeOf = (layout: SessionLayout): TestStore => {
  const as: TestStore['as'] = (fence) => new SessionWriter(server.redis, layout, fence);
  const reader = new OpenSession(server.redis, layout);
  return { layout, writer: as({ epoch: 1, owner: 'one' }), upkeep: new UpkeepStore(server.redis, layout), reader, as };
};
const membersOf = ({ spec, basePartitions }: SessionLayout) => ({ symbols: spec.symbols, basePartitions });

/** A store at its end, with the counts of its history stored and the days before `firstKept` removed. */
async function storeFrom(firstKept: number): Promise<TestStore> {
  const store = await server.begin(server.layout(SPEC));
  await flushUpTo(store, market, store.layout.end);
  await store.writer.moveClock(store.layout.end);
  await noteHistory(server.redis, store.layout, store.writer);
  await retireBefore(store.writer, firstKept);
  return store;
}

/** Adds XXX to a session, and claims the session for its owner. */
async function withXxx({ layout }: TestStore): Promise<TestStore> {
  const after = withMembership(layout, withSymbol(layout.id, membersOf(layout), layout.membership, 'XXX'));
  await updateSymbols(server.redis, after);
  const store = storeOf(after);
  await store.writer.claim();
  return store;
}

/** Removes XXX from a session. */
async function withoutXxx({ layout }: TestStore): Promise<TestStore> {
  const partition = layout.partitionOf('XXX')!;
  const membership = withoutSymbol(layout.id, membersOf(layout), layout.membership, 'XXX', partition);
  await updateSymbols(server.redis, withMembership(layout, membership));
  return storeOf(withMembership(layout, membership));
}

it('an added symbol streams the retained days, and only those', async () => {
  const store = await withXxx(await storeFrom(5));
  const { layout } = store;
  const partition = layout.partitionOf('XXX')!;
  const begun = { frontier: layout.grid(4).close, watermark: layout.grid(4).close, retainedFrom: layout.grid(5).open };
  expect((await store.upkeep.positions())[partition]).toEqual(begun);

  await flushUpTo(store, market, layout.end);
  const chunks = (await server.keys(layout.id)).filter((key) => key.includes('XXX')).sort();
  const { base } = layout;
  const kept = layout.days.slice(5).map(({ date }) => layout.keysOf(partition).chunk(base.name, 'XXX', date));
  expect(chunks).toEqual(kept);
  // Shows the added symbol to readers.
  await server.redis.hset(layout.keysOf(0).meta, 'joining', '');
  const { counts } = await store.reader.position();
  // The symbols of the spec had all four days of the session, the added one only the last two.
  expect(counts).toMatchObject({ expected: (2 * 4 + 2) * SLOTS, filled: (2 * 4 + 2) * SLOTS, missing: 0 });

  await retireBefore(store.writer, 6);
  expect((await server.keys(layout.id)).filter((key) => key.includes('XXX'))).toEqual(kept.slice(1));
});

it('the stored bar counts of the history include an added symbol once they are noted again', async () => {
  const store = await withXxx(await storeFrom(0));
  const { layout, writer } = store;
  const first = SYMBOLS.map((symbol): [string, number] => [symbol, 3 * SLOTS]);
  expect(await readHistory(server.redis, layout)).toEqual(new Map(first));
  await flushUpTo(store, market, layout.end);
  await noteHistory(server.redis, layout, writer);
  expect(await readHistory(server.redis, layout)).toEqual(new Map([...first, ['XXX', 3 * SLOTS]]));
});

it('the stored bar counts of removed days stay, and a symbol that is added later has none there', async () => {
  const store = await withXxx(await storeFrom(DAYS - 1));
  await flushUpTo(store, market, store.layout.end);
  await noteHistory(server.redis, store.layout, store.writer);
  const noted = [...SYMBOLS.map((symbol): [string, number] => [symbol, 3 * SLOTS]), ['XXX', 0] as const];
  expect(await readHistory(server.redis, store.layout)).toEqual(new Map(noted));
});

it('the counts of a session keep the removed days of the other symbols when a symbol is removed', async () => {
  const { layout } = await storeFrom(5);
  const membership = withoutSymbol(layout.id, membersOf(layout), layout.membership, 'AAA', 0);
  const after = withMembership(layout, membership);
  expect(await updateSymbols(server.redis, after)).toEqual(['AAA']);
  const { counts } = await storeOf(after).reader.position();
  // BBB has all four days of the session. Of AAA only the two removed days are still counted.
  expect(counts).toMatchObject({ expected: (4 + 2) * SLOTS, filled: (4 + 2) * SLOTS, missing: 0 });
});

it('I9 a removed symbol leaves no counts of the history, and its partition holds no day back', async () => {
  const store = await withXxx(await storeFrom(1));
  await flushUpTo(store, market, store.layout.grid(3).close);
  await noteHistory(server.redis, store.layout, store.writer);
  const after = await withoutXxx(store);
  expect(await server.redis.exists(after.layout.keysOf(1).history)).toBe(0);
  await after.writer.claim();
  // The partition of XXX has not got past day 3, which must not keep days 3 to 5 from being removed.
  await retireBefore(after.writer, DAYS - 1);
  expect(await readHistory(server.redis, after.layout)).toEqual(new Map(SYMBOLS.map((symbol) => [symbol, 3 * SLOTS])));

  // Added again, XXX begins at the oldest retained day.
  const again = await withXxx(after);
  const at = { frontier: again.layout.grid(DAYS - 2).close, retainedFrom: again.layout.grid(DAYS - 1).open };
  expect((await again.upkeep.positions())[1]).toMatchObject(at);
});
