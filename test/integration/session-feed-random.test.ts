/**
 * Feeds bars in any order, with duplicates and from several feeders, while the frontier and the clock move and backfill
 * fills empty slots. The store ends with the bytes of one that was streamed from a dataset (I1), and its counts match
 * its bytes at every moment (I6).
 */
import { DayChunk, recordOffset, BACKFILLED, UNFILLABLE, type Bar } from '@barkeep/bars';
import { advanceTo, countedSlots, feedOf, otherBar, shuffledWithin } from '../support/programs/feeding.js';
import { holey, marketBars, mulberry32, type BarsBySymbol } from '../support/data/market.js';
import { deriveAll, flushUpTo, StoreServer, type TestStore } from '../support/sessions/session-store.js';
import type { FeedOutcome } from '../../libs/session-data/src/feed/index.js';

const SPEC = {
  symbols: ['AAA', 'BBB', 'CCC', 'DDD'],
  start: '2013-10-07',
  end: '2013-10-09',
  derivedIntervals: ['5m', '30m'],
  backfill: ['vendor'],
  upkeep: { barrier: { minutes: 13 } },
};
const FED = { ...SPEC, source: { type: 'feed' } };
const STREAMED = { ...SPEC, source: { type: 'dataset', dataset: 'stream' } };
const whole = marketBars({ ...SPEC, seed: 21 });
const server = new StoreServer();
afterAll(() => server.close());

/** Backfills the first slots of a day: fills empty slots that the source never has, and makes the others absent. */
async function backfill({ layout, upkeep }: TestStore, source: BarsBySymbol, upTo: number, day: number): Promise<void> {
  const grid = layout.grid(day);
  const closed = grid.closedBy(upTo);
  for (const known of await upkeep.readDay(0, day, layout.symbols)) {
    const after = new Uint8Array(grid.slotCount);
    if (known.states) after.set(known.states);
    const has = new Set(source.get(known.symbol)!.map(({ openTime }) => openTime));
    const chunk = new DayChunk(grid.slotCount);
    const runs: { start: number; records: Uint8Array }[] = [];
    const bitmap = new DayChunk(grid.slotCount);
    bitmap.bitmap.set(known.bitmap);
    for (let slot = 0; slot < closed; slot++) {
      if (bitmap.has(slot)) continue;
      const bar = whole.get(known.symbol)!.find(({ openTime }) => openTime === grid.openTime(slot))!;
      // The vendor has every second of the bars that the source never has.
      if (has.has(bar.openTime) || slot % 2 === 0) {
        after[slot] = slot % 3 === 0 ? UNFILLABLE : 1;
        continue;
      }
      chunk.writeBar(slot, bar, 'backfilled', 1);
      after[slot] = BACKFILLED;
      const [from, to] = [recordOffset(grid.slotCount, slot), recordOffset(grid.slotCount, slot + 1)];
      runs.push({ start: slot, records: chunk.bytes.slice(from, to) });
    }
    const fill = { symbol: known.symbol, before: known.states, after, dueAt: undefined, runs };
    expect(await upkeep.fill(0, day, [fill])).toEqual(new Set());
  }
}

/**
 * The calls of a feeder: its symbol's bars at most five minutes out of order, some twice, in calls of different sizes.
 */
function sendings(bars: readonly Bar[], random: () => number): Bar[][] {
  const doubled = bars.flatMap((bar) => (random() < 0.03 ? [bar, bar] : [bar]));
  const order = shuffledWithin(doubled, 5, random);
  const calls: Bar[][] = [];
  for (let from = 0; from < order.length;) {
    const count = 1 + Math.floor(random() * 60);
    calls.push(order.slice(from, from + count));
    from += count;
  }
  return calls;
}

async function expectConsistent(store: TestStore): Promise<void> {
  expect((await store.reader.position()).counts).toEqual(await countedSlots(store));
}

test.each([1, 2, 3, 4])('I1 I4 I6 a store that is fed holds what a streamed one does (seed %i)', async (seed) => {
  const random = mulberry32(seed);
  const source = holey(whole, 0.2, seed);
  const twin = await server.begin(server.layout(STREAMED));
  await flushUpTo(twin, source, twin.layout.end);
  for (let day = 0; day < twin.layout.days.length; day++) await backfill(twin, source, twin.layout.end, day);
  await deriveAll(twin);

  const store = await server.begin(server.layout(FED));
  const { feed, frontier } = feedOf(server.redis, store);
  const total: Pick<FeedOutcome, 'accepted' | 'duplicates' | 'late'> = { accepted: 0, duplicates: 0, late: 0 };
  const send = async (symbol: string, bars: readonly Bar[]) => {
    const { accepted, duplicates, late, conflicts } = await feed.feed(symbol, bars);
    expect(conflicts).toEqual([]);
    total.accepted += accepted;
    total.duplicates += duplicates;
    total.late += late;
  };
  const queues = SPEC.symbols.map((symbol) => ({ symbol, calls: sendings(source.get(symbol)!, random) }));
  while (queues.some(({ calls }) => calls.length > 0)) {
    const open = queues.filter(({ calls }) => calls.length > 0);
    const { symbol, calls } = open[Math.floor(random() * open.length)]!;
    const bars = calls.shift()!;
    await send(symbol, bars);
    const dice = random();
    // The frontier moves past slow feeders, so that some bars come late.
    if (dice < 0.3) {
      const to = store.layout.slotEndBefore(bars.at(-1)!.openTime + Math.floor(random() * 20) * 60_000);
      if (to > frontier.frontier) await advanceTo(frontier, to);
    } else if (dice < 0.4) {
      const day = Math.floor(random() * store.layout.days.length);
      await backfill(store, source, frontier.frontier, day);
    } else if (dice < 0.45) await deriveAll(store);
    else if (dice < 0.5) await expectConsistent(store);
  }
  const sent = SPEC.symbols.reduce((sum, symbol) => sum + source.get(symbol)!.length, 0);
  expect(total.accepted).toBe(sent);
  expect(total.late).toBeGreaterThan(0);
  expect(total.duplicates).toBeGreaterThan(0);

  // Sends all bars once more, and a few that differ from the stored ones.
  for (const [symbol, bars] of source) await send(symbol, bars);
  expect(total.accepted).toBe(sent);
  const others = whole.get('AAA')!.slice(0, 400).map(otherBar);
  const { conflicts, accepted } = await feed.feed(
    'AAA',
    others.filter((bar) => source.get('AAA')!.some(({ openTime }) => openTime === bar.openTime)),
  );
  expect({ accepted, conflicts: conflicts.length > 0 }).toEqual({ accepted: 0, conflicts: true });

  await advanceTo(frontier, store.layout.end);
  for (let day = 0; day < store.layout.days.length; day++) await backfill(store, source, store.layout.end, day);
  await deriveAll(store);
  await expectConsistent(store);
  expect(await store.reader.digest()).toEqual(await twin.reader.digest());
  const streamed = await twin.reader.position();
  expect((await store.reader.position()).counts).toEqual(streamed.counts);
});
