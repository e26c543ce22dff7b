/**
 * Symbols that are added to a store with a history and with removed days, on a real Redis: they begin at the oldest
 * retained day, and the counts of the history include them.
 */
import { withoutSymbol, withSymbol } from '@barkeep/bars';
import {
  updateSymbols,
  noteHistory,
  OpenSession,
  type SessionLayout,
  withMembership,
  readHistory,
  retireBefore,
} from '@barkeep/session-data';
import { marketBars } from '../support/data/market.js';
import { flushUpTo, StoreServer, type TestStore } from '../support/sessions/session-store.js';

const SYMBOLS = ['AAA', 'BBB'];
/** Days 0 to 2 are history, days 3 to 6 the session. */
const SPEC = {
  symbols: SYMBOLS,
  start: '2013-10-04',
  end: '2013-10-09',
  source: { type: 'dataset', dataset: 'stream' },
  history: { trailingDays: 3, retainDays: 3 },
};
const LAST_DAY = 6;
const SLOTS = 390;
/** Bars of each symbol in the history. */
const HISTORY_BARS = 3 * SLOTS;
/** The counts of the history of a session without XXX. */
const HISTORY = new Map(SYMBOLS.map((symbol) => [symbol, HISTORY_BARS]));
const server = new StoreServer();
const market = marketBars({ start: '2013-10-01', end: SPEC.end, symbols: [...SYMBOLS, 'XXX'], seed: 6 });
afterAll(() => server.close());

const membersOf = ({ spec, basePartitions }: SessionLayout) => ({ symbols: spec.symbols, basePartitions });

/** A store with its clock at its end and the counts of its history stored. The days before day `firstKept` are removed. */
async function storeFrom(firstKept: number): Promise<TestStore> {
  const store = await server.begin(server.layout(SPEC));
  await flushUpTo(store, market, store.layout.end);
  await store.writer.moveClock(store.layout.end);
  await noteHistory(server.redis, store.layout, store.writer);
  await retireBefore(store.writer, firstKept);
  return store;
}

/** Adds XXX to a session. @returns the store, claimed again by its owner */
async function withXxx({ layout }: TestStore): Promise<TestStore> {
  const after = withMembership(layout, withSymbol(layout.id, membersOf(layout), layout.membership, 'XXX'));
  await updateSymbols(server.redis, after);
  const store = server.open(after);
  await store.writer.claim();
  return store;
}

/** The layout of a session without a symbol. */
function layoutWithout(symbol: string, { layout }: TestStore): SessionLayout {
  const partition = layout.partitionOf(symbol)!;
  return withMembership(layout, withoutSymbol(layout.id, membersOf(layout), layout.membership, symbol, partition));
}

it('an added symbol streams the retained days, and only those', async () => {
  const store = await withXxx(await storeFrom(5));
  const { layout } = store;
  const partition = layout.partitionOf('XXX')!;
  const { close } = layout.grid(4);
  const position = { frontier: close, watermark: close, retainedFrom: layout.grid(5).open };
  expect((await store.upkeep.positions())[partition]).toEqual(position);

  await flushUpTo(store, market, layout.end);
  const chunks = (await server.keys(layout.id)).filter((key) => key.includes('XXX')).sort();
  const kept = layout.days.slice(5).map(({ date }) => layout.keysOf(partition).chunk(layout.base.name, 'XXX', date));
  expect(chunks).toEqual(kept);
  // Shows the added symbol to readers.
  await server.redis.hset(layout.keysOf(0).meta, 'joining', '');
  const { counts } = await new OpenSession(server.redis, layout).position();
  // The two symbols of the spec had all four days of the session, the added one only the last two.
  expect(counts).toMatchObject({ expected: (2 * 4 + 2) * SLOTS, filled: (2 * 4 + 2) * SLOTS, missing: 0 });

  await retireBefore(store.writer, 6);
  expect((await server.keys(layout.id)).filter((key) => key.includes('XXX'))).toEqual(kept.slice(1));
});

it('the stored bar counts of the history include an added symbol once they are noted again', async () => {
  const store = await withXxx(await storeFrom(0));
  const { layout, writer } = store;
  expect(await readHistory(server.redis, layout)).toEqual(HISTORY);
  await flushUpTo(store, market, layout.end);
  await noteHistory(server.redis, layout, writer);
  expect(await readHistory(server.redis, layout)).toEqual(new Map([...HISTORY, ['XXX', HISTORY_BARS]]));
});

it('the stored bar counts of removed days stay, and a symbol that is added later has none there', async () => {
  const store = await withXxx(await storeFrom(LAST_DAY));
  await flushUpTo(store, market, store.layout.end);
  await noteHistory(server.redis, store.layout, store.writer);
  expect(await readHistory(server.redis, store.layout)).toEqual(new Map([...HISTORY, ['XXX', 0]]));
});

it('the counts of a session keep the removed days of the other symbols when a symbol is removed', async () => {
  const after = layoutWithout('AAA', await storeFrom(5));
  expect(await updateSymbols(server.redis, after)).toEqual(['AAA']);
  const { counts } = await new OpenSession(server.redis, after).position();
  // BBB has all four days of the session. Of AAA only the two removed days are still counted.
  expect(counts).toMatchObject({ expected: (4 + 2) * SLOTS, filled: (4 + 2) * SLOTS, missing: 0 });
});

it('I9 a removed symbol leaves no counts of the history, and its partition holds no day back', async () => {
  const store = await withXxx(await storeFrom(1));
  const partition = store.layout.partitionOf('XXX')!;
  await flushUpTo(store, market, store.layout.grid(3).close);
  await noteHistory(server.redis, store.layout, store.writer);
  const withoutXxx = layoutWithout('XXX', store);
  await updateSymbols(server.redis, withoutXxx);
  expect(await server.redis.exists(withoutXxx.keysOf(partition).history)).toBe(0);
  const after = server.open(withoutXxx);
  await after.writer.claim();
  // The partition of XXX has streamed only to the end of day 3, which must not keep days 3 to 5 from being removed.
  await retireBefore(after.writer, LAST_DAY);
  expect(await readHistory(server.redis, after.layout)).toEqual(HISTORY);

  // Added again, XXX begins at the oldest retained day.
  const { layout, upkeep } = await withXxx(after);
  const position = { frontier: layout.grid(LAST_DAY - 1).close, retainedFrom: layout.grid(LAST_DAY).open };
  expect((await upkeep.positions())[partition]).toMatchObject(position);
});
