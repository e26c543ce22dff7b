/**
 * The matrix of counts by symbol and day, on a real Redis: both views, pages, and the counts that are kept between
 * reads.
 */
import { noCounts, NO_TRADE } from '@barkeep/bars';
import { CELL_COUNTS, CountedDays, type DayCounts } from '@barkeep/session-data';
import { holey, marketBars } from '../support/data/market.js';
import { flushUpTo, SMALL_SPEC, StoreServer, type TestStore } from '../support/sessions/session-store.js';

const server = new StoreServer();
afterAll(() => server.close());

const MARKET = holey(marketBars({ ...SMALL_SPEC, seed: 3 }), 0.1, 4);
const of = (counts: DayCounts, symbol: string) => counts.symbols.find((row) => row.symbol === symbol)!.counts;

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
  const [read] = await upkeep.readDay(0, day, [symbol]);
  const slot = Array.from({ length: 390 }, (_, i) => i).find((i) => {
    const isFilled = (read!.bitmap[i >> 3]! & (0x80 >> (i & 7))) !== 0;
    return !isFilled && (read!.states?.[i] ?? 0) === 0;
  })!;
  const after = Uint8Array.from(read!.states ?? new Uint8Array(390));
  after[slot] = NO_TRADE;
  const changed = await upkeep.fill(0, day, [{ symbol, before: read!.states, after, dueAt: undefined, runs: [] }], []);
  expect([...changed]).toEqual([]);
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
    expect(of(counts, 'AAA').noTrade).toEqual([1, 0]);
  },
);

it('I2 a strategy sees the day of the clock up to the clock, and nothing of later days', async () => {
  const { reader, layout, writer } = await server.begin().then(async (store) => {
    await flushUpTo(store, marketBars({ ...SMALL_SPEC, seed: 3 }), store.layout.end);
    return store;
  });
  await writer.moveClock(layout.grid(0).openTime(10));
  const strategy = await reader.dayCounts({ view: 'strategy' });
  expect(strategy.days.map(({ visible }) => visible)).toEqual([10, 0]);
  expect(of(strategy, 'BBB').streamed).toEqual([10, 0]);
  expect(of(await reader.dayCounts({ view: 'operator' }), 'BBB').streamed).toEqual([390, 390]);
});

it('answers by page, of chosen symbols and days', async () => {
  const { reader } = await begin();
  const first = await reader.dayCounts({ limit: 2 });
  expect([first.symbols.map(({ symbol }) => symbol), first.next]).toEqual([['AAA', 'BBB'], 'BBB']);
  const second = await reader.dayCounts({ limit: 2, after: 'BBB' });
  expect([second.symbols.map(({ symbol }) => symbol), second.next]).toEqual([['CCC'], null]);
  const chosen = await reader.dayCounts({ symbols: ['CCC', 'AAA'], from: '2013-10-08', to: '2013-12-31' });
  expect(chosen.symbols.map(({ symbol }) => symbol)).toEqual(['AAA', 'CCC']);
  expect(chosen.days.map(({ date }) => date)).toEqual(['2013-10-08']);
  await expect(reader.dayCounts({ symbols: ['NONE'] })).rejects.toThrow('NONE');
});

it('reads a closed day once, and again after each change of it', async () => {
  const store = await begin();
  const known = new CountedDays();
  const read = () => store.reader.dayCounts({ view: 'operator' }, known);
  const before = await read();
  expect(await readsOf(read)).toBe(0);
  await settle(store, 'AAA', 0);
  const after = await read();
  expect(of(after, 'AAA').noTrade).toEqual([1, 0]);
  expect(of(after, 'BBB')).toEqual(of(before, 'BBB'));
  expect(await readsOf(read)).toBe(0);
  // A new owner may have written days again.
  await store.as({ epoch: 2, owner: 'two' }).claim();
  expect(await readsOf(read)).toBe(1);
});

it('I1 counts a store that was set back as it is then', async () => {
  const store = await begin();
  const known = new CountedDays();
  const keys = [...(await server.keys(store.layout.id))];
  const dumps = await Promise.all(keys.map((key) => server.redis.dumpBuffer(key)));
  await settle(store, 'AAA', 0);
  expect(of(await store.reader.dayCounts({ view: 'operator' }, known), 'AAA').noTrade).toEqual([1, 0]);
  await server.redis.unlink(...(await server.keys(store.layout.id)));
  await Promise.all(keys.map((key, i) => server.redis.restore(key, 0, dumps[i]!)));
  expect(of(await store.reader.dayCounts({ view: 'operator' }, known), 'AAA').noTrade).toEqual([0, 0]);
});

/** How many calls read cells. */
async function readsOf(run: () => Promise<unknown>): Promise<number> {
  const calls = jest.spyOn(server.redis, 'callBuffer');
  try {
    await run();
    return calls.mock.calls.length;
  } finally {
    calls.mockRestore();
  }
}
