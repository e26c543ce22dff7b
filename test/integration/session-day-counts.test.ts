/**
 * The counts of slots by symbol and day, on a real Redis: both views, pages, and the counts that are cached between reads.
 * I1, I2, I6: invariants at the end of docs/ARCHITECTURE.md.
 */
import { BACKFILLED, DayChunk, hasBit, NO_TRADE } from '@barkeep/bars';
import { CELL_COUNTS, CountedDays, type DayCounts, OpenSession } from '@barkeep/session-data';
import { holey, marketBars } from '../support/data/market.js';
import {
  flushUpTo,
  PARTITION,
  SLOTS,
  SMALL_SPEC,
  StoreServer,
  type TestStore,
} from '../support/sessions/session-store.js';

const server = new StoreServer();
afterAll(() => server.close());

/** Slots of the second day that are closed at the clock of the store that `begin` makes. */
const CLOSED_SLOTS = 100;
const market = holey(marketBars({ ...SMALL_SPEC, seed: 3 }), 0.1, 4);
/** The counts of a symbol, by kind; each kind has one number for each day. */
const countsOf = (counts: DayCounts, symbol: string) => counts.symbols.find((row) => row.symbol === symbol)!.counts;

/** A store that is streamed to its end, with its clock inside of the second day. */
async function begin(): Promise<TestStore> {
  const store = await server.begin();
  const { layout, writer } = store;
  await flushUpTo(store, market, layout.end);
  await writer.moveClock(layout.grid(1).closeTime(CLOSED_SLOTS - 1));
  return store;
}

/** Settles the first empty slot of a day as no-trade. */
async function settle({ upkeep }: TestStore, symbol: string, day: number): Promise<void> {
  const [symbolDay] = await upkeep.readDay(PARTITION, day, [symbol]);
  const { bitmap, states } = symbolDay!;
  const after = Uint8Array.from(states ?? new Uint8Array(SLOTS));
  const slot = after.findIndex((state, candidate) => state === 0 && !hasBit(bitmap, candidate));
  after[slot] = NO_TRADE;
  const refused = await upkeep.fill(PARTITION, day, [{ symbol, before: states, after, dueAt: undefined, runs: [] }]);
  expect([...refused]).toEqual([]);
}

/** Counts the reads of bitmaps while `run` runs: calls of a script that answers bytes. */
async function countBitmapReads(run: () => Promise<unknown>): Promise<number> {
  const call = jest.spyOn(server.redis, 'callBuffer');
  try {
    await run();
    return call.mock.calls.filter(([command]) => (command as unknown) === 'evalsha').length;
  } finally {
    call.mockRestore();
  }
}

it.each(['strategy', 'operator'] as const)(
  'I6 the counts of days and symbols add up to the counts of the session (%s)',
  async (view) => {
    const store = await begin();
    await settle(store, 'AAA', 0);
    const counts = await store.reader.dayCounts({ view });
    expect(counts.days).toMatchObject([
      { date: '2013-10-07', expected: SLOTS, visible: SLOTS },
      { date: '2013-10-08', expected: SLOTS, visible: view === 'operator' ? SLOTS : CLOSED_SLOTS },
    ]);
    expect(counts.next).toBeNull();
    const position = await store.reader.position(view);
    for (const kind of CELL_COUNTS) {
      const cells = counts.symbols.flatMap((row) => row.counts[kind]);
      const sum = cells.reduce((total, cell) => total + cell, 0);
      expect([kind, sum]).toEqual([kind, position.counts[kind]]);
    }
    expect(countsOf(counts, 'AAA').noTrade).toEqual([1, 0]);
  },
);

it('I2 a strategy sees the day of the clock up to the clock, and nothing of later days', async () => {
  const store = await server.begin();
  const { reader, layout, writer } = store;
  const wholeMarket = marketBars({ ...SMALL_SPEC, seed: 3 });
  await flushUpTo(store, wholeMarket, layout.end);
  await writer.moveClock(layout.grid(0).closeTime(9));
  const strategy = await reader.dayCounts({ view: 'strategy' });
  expect(strategy.days.map(({ visible }) => visible)).toEqual([10, 0]);
  expect(countsOf(strategy, 'BBB').streamed).toEqual([10, 0]);
  expect(countsOf(await reader.dayCounts({ view: 'operator' }), 'BBB').streamed).toEqual([SLOTS, SLOTS]);
});

it('a read returns pages of symbols, or the chosen symbols and days', async () => {
  const { reader } = await begin();
  const pageOf = ({ symbols, next }: DayCounts) => ({ symbols: symbols.map(({ symbol }) => symbol), next });
  const first = await reader.dayCounts({ limit: 2 });
  expect(pageOf(first)).toEqual({ symbols: ['AAA', 'BBB'], next: 'BBB' });
  const second = await reader.dayCounts({ limit: 2, after: 'BBB' });
  expect(pageOf(second)).toEqual({ symbols: ['CCC'], next: null });
  const chosen = await reader.dayCounts({ symbols: ['CCC', 'AAA'], from: '2013-10-08', to: '2013-12-31' });
  expect(chosen.symbols.map(({ symbol }) => symbol)).toEqual(['AAA', 'CCC']);
  expect(chosen.days.map(({ date }) => date)).toEqual(['2013-10-08']);
  await expect(reader.dayCounts({ symbols: ['NONE'] })).rejects.toThrow('NONE');
});

it('a cache reads unchanged days once, and again after a change or with a new owner', async () => {
  const store = await begin();
  const cache = new CountedDays();
  const read = () => store.reader.dayCounts({ view: 'operator' }, cache);
  const before = await read();
  expect(await countBitmapReads(read)).toBe(0);
  await settle(store, 'AAA', 0);
  const after = await read();
  expect(countsOf(after, 'AAA').noTrade).toEqual([1, 0]);
  expect(countsOf(after, 'BBB')).toEqual(countsOf(before, 'BBB'));
  expect(await countBitmapReads(read)).toBe(0);
  // After a change of the owner the days may have been written again.
  await store.as({ epoch: 2, owner: 'two' }).claim();
  expect(await countBitmapReads(read)).toBe(1);
});

it('I1 a store that was set back is counted as it is then, whatever was cached', async () => {
  const store = await begin();
  const cache = new CountedDays();
  const read = () => store.reader.dayCounts({ view: 'operator' }, cache);
  const setBack = await server.snapshot(store.layout.id);
  await settle(store, 'AAA', 0);
  expect(countsOf(await read(), 'AAA').noTrade).toEqual([1, 0]);
  await setBack();
  expect(countsOf(await read(), 'AAA').noTrade).toEqual([0, 0]);
});

it('a read during fills counts no filled bar as streamed', async () => {
  const symbols = Array.from({ length: 120 }, (_, i) => `FILLED${i}`);
  const { layout, upkeep, windows, writer } = await server.begin(server.layout({ ...SMALL_SPEC, symbols }));
  for (const window of windows)
    await writer.flush(window, { partition: PARTITION, chunks: new Map(), bars: 0, refused: new Map() });
  const chunk = new DayChunk(SLOTS);
  chunk.writeBar(0, { openTime: layout.start, open: 1, high: 1, low: 1, close: 1, volume: 1 }, 'backfilled', 1);
  const after = new Uint8Array(SLOTS).fill(BACKFILLED, 0, 1);
  const runs = [{ start: 0, records: chunk.record(0) }];
  const connection = server.redis.duplicate(); // the commands of one connection run in order
  const reader = new OpenSession(connection, layout, 'operator');
  try {
    const end = new AbortController(); // aborted when all are filled
    const fill = async () => {
      for (const symbol of symbols)
        await upkeep.fill(PARTITION, 0, [{ symbol, before: undefined, after, dueAt: undefined, runs }]);
    };
    const streamed: number[] = [];
    const read = async () => {
      while (!end.signal.aborted) {
        const counts = await reader.dayCounts({});
        streamed.push(...counts.symbols.flatMap((row) => row.counts.streamed).filter((bars) => bars > 0));
      }
    };
    await Promise.all([fill().finally(() => end.abort()), read(), read(), read()]);
    expect(streamed).toEqual([]);
  } finally {
    connection.disconnect();
  }
});
