/** The counts of slots by symbol and day, on a real Redis: both views, pages, and the counts that are cached between reads. */
import { hasBit, noCounts, NO_TRADE } from '@barkeep/bars';
import { CELL_COUNTS, CountedDays, type DayCounts } from '@barkeep/session-data';
import { holey, marketBars } from '../support/data/market.js';
import { flushUpTo, SMALL_SPEC, StoreServer, type TestStore } from '../support/sessions/session-store.js';

const server = new StoreServer();
afterAll(() => server.close());

const SLOTS = 390;
const MARKET = holey(marketBars({ ...SMALL_SPEC, seed: 3 }), 0.1, 4);
/** The counts of a symbol, by kind; each kind has one number for each day. */
const countsOf = (counts: DayCounts, symbol: string) => counts.symbols.find((row) => row.symbol === symbol)!.counts;

/** A store whose clock is 100 minutes into the second day. */
async function begin(): Promise<TestStore & { clock: number }> {
  const store = await server.begin();
  const clock = store.layout.grid(1).open + 100 * 60_000;
  await flushUpTo(store, MARKET, store.layout.end);
  await store.writer.moveClock(clock);
  return { ...store, clock };
}

/** Settles the first empty slot of a day as no-trade. */
async function settle({ upkeep }: TestStore, symbol: string, day: number): Promise<void> {
  const [symbolDay] = await upkeep.readDay(0, day, [symbol]);
  const { bitmap, states } = symbolDay!;
  const after = Uint8Array.from(states ?? new Uint8Array(SLOTS));
  const slot = after.findIndex((state, candidate) => state === 0 && !hasBit(bitmap, candidate));
  after[slot] = NO_TRADE;
  const refused = await upkeep.fill(0, day, [{ symbol, before: states, after, dueAt: undefined, runs: [] }]);
  expect([...refused]).toEqual([]);
}

it.each(['strategy', 'operator'] as const)(
  'I6 cells of days add up to the counts of the session (%s)',
  async (view) => {
    const store = await begin();
    await settle(store, 'AAA', 0);
    const counts = await store.reader.dayCounts({ view });
    expect(counts.days).toMatchObject([
      { date: '2013-10-07', expected: 390, visible: 390 },
      { date: '2013-10-08', expected: 390, visible: view === 'operator' ? 390 : 100 },
    ]);
    expect(counts.next).toBeNull();
    const sum = noCounts();
    for (const { counts: cells } of counts.symbols) {
      for (const name of CELL_COUNTS) sum[name] += cells[name].reduce((a, b) => a + b);
    }
    const position = await store.reader.position(view);
    expect(position.counts).toMatchObject(Object.fromEntries(CELL_COUNTS.map((name) => [name, sum[name]])));
    expect(countsOf(counts, 'AAA').noTrade).toEqual([1, 0]);
  },
);

it('I2 a strategy sees the day of the clock up to the clock, and nothing of later days', async () => {
  const store = await server.begin();
  const { reader, layout, writer } = store;
  await flushUpTo(store, marketBars({ ...SMALL_SPEC, seed: 3 }), layout.end);
  await writer.moveClock(layout.grid(0).openTime(10));
  const strategy = await reader.dayCounts({ view: 'strategy' });
  expect(strategy.days.map(({ visible }) => visible)).toEqual([10, 0]);
  expect(countsOf(strategy, 'BBB').streamed).toEqual([10, 0]);
  expect(countsOf(await reader.dayCounts({ view: 'operator' }), 'BBB').streamed).toEqual([390, 390]);
});

it('returns pages of symbols, or the chosen symbols and days', async () => {
  const { reader } = await begin();
  const first = await reader.dayCounts({ limit: 2 });
  const page = ({ symbols, next }: DayCounts) => ({ symbols: symbols.map(({ symbol }) => symbol), next });
  expect(page(first)).toEqual({ symbols: ['AAA', 'BBB'], next: 'BBB' });
  const second = await reader.dayCounts({ limit: 2, after: 'BBB' });
  expect(page(second)).toEqual({ symbols: ['CCC'], next: null });
  const chosen = await reader.dayCounts({ symbols: ['CCC', 'AAA'], from: '2013-10-08', to: '2013-12-31' });
  expect(chosen.symbols.map(({ symbol }) => symbol)).toEqual(['AAA', 'CCC']);
  expect(chosen.days.map(({ date }) => date)).toEqual(['2013-10-08']);
  await expect(reader.dayCounts({ symbols: ['NONE'] })).rejects.toThrow('NONE');
});

it('reads unchanged days once, and again after a change or with a new owner', async () => {
  const store = await begin();
  const cache = new CountedDays();
  const read = () => store.reader.dayCounts({ view: 'operator' }, cache);
  const before = await read();
  expect(await countScripts(read)).toBe(0);
  await settle(store, 'AAA', 0);
  const after = await read();
  expect(countsOf(after, 'AAA').noTrade).toEqual([1, 0]);
  expect(countsOf(after, 'BBB')).toEqual(countsOf(before, 'BBB'));
  expect(await countScripts(read)).toBe(0);
  // After a change of the owner the days may have been written again.
  await store.as({ epoch: 2, owner: 'two' }).claim();
  expect(await countScripts(read)).toBe(1);
});

it('I1 counts a store that was set back as it then is, whatever was cached', async () => {
  const store = await begin();
  const cache = new CountedDays();
  const setBack = await server.snapshot(store.layout.id);
  await settle(store, 'AAA', 0);
  expect(countsOf(await store.reader.dayCounts({ view: 'operator' }, cache), 'AAA').noTrade).toEqual([1, 0]);
  await setBack();
  expect(countsOf(await store.reader.dayCounts({ view: 'operator' }, cache), 'AAA').noTrade).toEqual([0, 0]);
});

/** Counts the calls of the script that reads counts while `run` runs. */
async function countScripts(run: () => Promise<unknown>): Promise<number> {
  const callBuffer = jest.spyOn(server.redis, 'callBuffer');
  try {
    await run();
    return callBuffer.mock.calls.length;
  } finally {
    callBuffer.mockRestore();
  }
}
