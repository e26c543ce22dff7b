/**
 * Symbols that join and leave a store with a history and with removed days, on a real Redis: a symbol that joins begins at the
 * oldest retained day, and the counts of the history include it.
 * I9: an invariant at the end of docs/ARCHITECTURE.md.
 */
import { noteHistory, OpenSession, readHistory, retireBefore } from '@barkeep/session-data';
import { marketBars } from '../support/data/market.js';
import { changeStoreTo, layoutWith, layoutWithout, updateAllSymbols } from '../support/sessions/changed-symbols.js';
import { RETAINED_SPEC } from '../support/sessions/retained-store.js';
import { flushUpTo, SLOTS, StoreServer, type TestStore } from '../support/sessions/session-store.js';

const SYMBOLS = ['AAA', 'BBB'];
/** Days 0 to 2 are history, days 3 to 6 the session. */
const SPEC = { ...RETAINED_SPEC, symbols: SYMBOLS };
const LAST_DAY = 6;
/** Bars of each symbol in the history. */
const HISTORY_BARS = 3 * SLOTS;
/** The stored counts of the history of a session without XXX. */
const HISTORY = new Map(SYMBOLS.map((symbol) => [symbol, HISTORY_BARS]));
const server = new StoreServer();
const market = marketBars({ start: '2013-10-01', end: SPEC.end, symbols: [...SYMBOLS, 'XXX'], seed: 6 });
afterAll(() => server.close());

/** A store whose clock is at the end, whose history is counted, and whose days before day `firstKept` are removed. */
async function storeKeptFrom(firstKept: number): Promise<TestStore> {
  const store = await server.begin(server.layout(SPEC));
  await flushUpTo(store, market, store.layout.end);
  await store.writer.moveClock(store.layout.end);
  await noteHistory(server.redis, store.layout, store.writer);
  await retireBefore(store.writer, firstKept);
  return store;
}

/** Adds XXX to a store. */
const withXxx = ({ layout }: TestStore) => changeStoreTo(server, layoutWith('XXX', layout));

/** The keys of XXX, sorted. */
const keysOfXxx = async ({ layout }: TestStore) =>
  (await server.keys(layout.id)).filter((key) => key.includes('XXX')).sort();

it('an added symbol streams the retained days, and only those', async () => {
  const store = await withXxx(await storeKeptFrom(5));
  const { layout } = store;
  const partition = layout.partitionOf('XXX')!;
  const { close } = layout.grid(4); // of the last removed day
  const position = { frontier: close, watermark: close, retainedFrom: layout.grid(5).open };
  expect((await store.upkeep.positions())[partition]).toEqual(position);

  await flushUpTo(store, market, layout.end);
  const retainedDays = layout.days.slice(5);
  const chunks = retainedDays.map(({ date }) => layout.keysOf(partition).chunk(layout.base.name, 'XXX', date));
  expect(await keysOfXxx(store)).toEqual(chunks);
  // No symbol is joining any more, so readers see XXX.
  await server.redis.hset(layout.keysOf(0).meta, 'joining', '');
  const { counts } = await store.reader.position();
  // The two symbols of the spec had all four days of the session, the added one only the last two.
  const slots = (2 * 4 + 2) * SLOTS;
  expect(counts).toMatchObject({ expected: slots, filled: slots, missing: 0 });

  await retireBefore(store.writer, LAST_DAY);
  expect(await keysOfXxx(store)).toEqual(chunks.slice(1));
});

it('the stored bar counts of the history include an added symbol once they are noted again', async () => {
  const store = await withXxx(await storeKeptFrom(0));
  const { layout, writer } = store;
  expect(await readHistory(server.redis, layout)).toEqual(HISTORY);
  await flushUpTo(store, market, layout.end);
  await noteHistory(server.redis, layout, writer);
  expect(await readHistory(server.redis, layout)).toEqual(new Map([...HISTORY, ['XXX', HISTORY_BARS]]));
});

it('the stored bar counts of removed days stay, and a symbol that is added later has none there', async () => {
  const store = await withXxx(await storeKeptFrom(LAST_DAY));
  await flushUpTo(store, market, store.layout.end);
  await noteHistory(server.redis, store.layout, store.writer);
  expect(await readHistory(server.redis, store.layout)).toEqual(new Map([...HISTORY, ['XXX', 0]]));
});

it('the counts of a session keep the removed days of all symbols when a symbol is removed', async () => {
  const store = await storeKeptFrom(5);
  const withoutAaa = layoutWithout('AAA', store.layout);
  expect(await updateAllSymbols(server.redis, withoutAaa)).toEqual(['AAA']);
  const { counts } = await new OpenSession(server.redis, withoutAaa).position();
  // BBB counts with all four days of the session. AAA counts with the two days that were removed while it was a symbol.
  const slots = (4 + 2) * SLOTS;
  expect(counts).toMatchObject({ expected: slots, filled: slots, missing: 0 });
});

it('I9 a removed symbol leaves no counts of the history, and its partition holds no day back', async () => {
  const store = await withXxx(await storeKeptFrom(1));
  const partition = store.layout.partitionOf('XXX')!;
  await flushUpTo(store, market, store.layout.grid(3).close);
  await noteHistory(server.redis, store.layout, store.writer);
  const after = await changeStoreTo(server, layoutWithout('XXX', store.layout));
  expect(await server.redis.exists(after.layout.keysOf(partition).history)).toBe(0);
  // The partition of XXX has streamed only to the end of day 3, which must not keep days 3 to 5 from being removed.
  await retireBefore(after.writer, LAST_DAY);
  expect(await readHistory(server.redis, after.layout)).toEqual(HISTORY);

  // Added again, XXX begins at the oldest retained day.
  const { layout, upkeep } = await withXxx(after);
  const position = { frontier: layout.grid(LAST_DAY - 1).close, retainedFrom: layout.grid(LAST_DAY).open };
  expect((await upkeep.positions())[partition]).toMatchObject(position);
});
