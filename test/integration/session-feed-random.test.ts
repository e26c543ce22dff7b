/**
 * Feeds bars in any order, with duplicates and from several feeders, while the frontier and the clock move and backfill
 * fills empty slots. The store ends with the bytes of one that was streamed from a dataset (I1), and its counts match
 * its bytes at every moment (I6).
 */
import { DayChunk, hasBit, BACKFILLED, UNFILLABLE, type Bar } from '@barkeep/bars';
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
/** State of a slot after one request. */
const ABSENT = 1;
const whole = marketBars({ ...SPEC, seed: 21 });
const server = new StoreServer();
afterAll(() => server.close());

/**
 * Backfills the empty slots of a day that close by `upTo`. The vendor has bars for the odd slots that the source lacks. The other
 * slots, also those whose bar is still to come, become absent or unfillable.
 */
async function backfill({ layout, upkeep }: TestStore, source: BarsBySymbol, upTo: number, day: number): Promise<void> {
  const grid = layout.grid(day);
  const closedSlots = grid.closedBy(upTo);
  for (const { symbol, bitmap, states } of await upkeep.readDay(0, day, layout.symbols)) {
    const after = Uint8Array.from(states ?? new Uint8Array(grid.slotCount));
    const sourceTimes = new Set(source.get(symbol)!.map(({ openTime }) => openTime));
    const chunk = new DayChunk(grid.slotCount);
    const runs: { start: number; records: Uint8Array }[] = [];
    for (let slot = 0; slot < closedSlots; slot++) {
      if (hasBit(bitmap, slot)) continue;
      const time = grid.openTime(slot);
      const hasVendorBar = slot % 2 === 1 && !sourceTimes.has(time);
      if (hasVendorBar) {
        const bar = whole.get(symbol)!.find(({ openTime }) => openTime === time)!;
        chunk.writeBar(slot, bar, 'backfilled', 1);
        runs.push({ start: slot, records: chunk.record(slot) });
        after[slot] = BACKFILLED;
      } else {
        after[slot] = slot % 3 === 0 ? UNFILLABLE : ABSENT;
      }
    }
    const fill = { symbol, before: states, after, dueAt: undefined, runs };
    expect(await upkeep.fill(0, day, [fill])).toEqual(new Set());
  }
}

/** Backfills all days of a store that was written to its end, and derives its bars. */
async function completeUpkeep(store: TestStore, source: BarsBySymbol): Promise<void> {
  const { layout } = store;
  for (let day = 0; day < layout.days.length; day++) await backfill(store, source, layout.end, day);
  await deriveAll(store);
}

/** A feeder's calls: the bars of its symbol, at most five places out of order, some twice, 1 to 60 in a call. */
function feederCalls(bars: readonly Bar[], random: () => number): Bar[][] {
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

/** Checks that the counts of a store are those of its bytes. */
async function expectConsistent(store: TestStore): Promise<void> {
  expect((await store.reader.position()).counts).toEqual(await countedSlots(store));
}

test.each([1, 2, 3, 4])(
  'I1 I4 I6 a store that is fed ends with the bytes of a streamed one (seed %i)',
  async (seed) => {
    const random = mulberry32(seed);
    const source = holey(whole, 0.2, seed);
    const streamed = await server.begin(server.layout(STREAMED));
    await flushUpTo(streamed, source, streamed.layout.end);
    await completeUpkeep(streamed, source);

    const store = await server.begin(server.layout(FED));
    const { feed, frontier } = feedOf(server.redis, store);
    const total: Pick<FeedOutcome, 'accepted' | 'duplicates' | 'late'> = { accepted: 0, duplicates: 0, late: 0 };
    /** Sends bars in one call, and adds the outcome to `total`. */
    const send = async (symbol: string, bars: readonly Bar[]) => {
      const { accepted, duplicates, late, conflicts } = await feed.feed(symbol, bars);
      expect(conflicts).toEqual([]);
      total.accepted += accepted;
      total.duplicates += duplicates;
      total.late += late;
    };
    const feeders = SPEC.symbols.map((symbol) => ({ symbol, calls: feederCalls(source.get(symbol)!, random) }));
    for (;;) {
      const unfinished = feeders.filter(({ calls }) => calls.length > 0);
      if (unfinished.length === 0) break;
      const { symbol, calls } = unfinished[Math.floor(random() * unfinished.length)]!;
      const bars = calls.shift()!;
      await send(symbol, bars);
      const dice = random();
      if (dice < 0.3) {
        // Moves the frontier past slow feeders, so that some bars come late.
        const to = store.layout.slotEndBefore(bars.at(-1)!.openTime + Math.floor(random() * 20) * 60_000);
        if (to > frontier.frontier) await advanceTo(frontier, to);
      } else if (dice < 0.4) {
        const day = Math.floor(random() * store.layout.days.length);
        await backfill(store, source, frontier.frontier, day);
      } else if (dice < 0.45) await deriveAll(store);
      else if (dice < 0.5) await expectConsistent(store);
    }
    const barCount = [...source.values()].flat().length;
    expect(total.accepted).toBe(barCount);
    expect(total.late).toBeGreaterThan(0);
    expect(total.duplicates).toBeGreaterThan(0);

    // Sends all bars once more, then bars that differ from the stored ones: none is accepted.
    for (const [symbol, bars] of source) await send(symbol, bars);
    expect(total.accepted).toBe(barCount);
    const differing = source.get('AAA')!.slice(0, 300).map(otherBar);
    const { conflicts, accepted } = await feed.feed('AAA', differing);
    expect({ accepted, hasConflicts: conflicts.length > 0 }).toEqual({ accepted: 0, hasConflicts: true });

    await advanceTo(frontier, store.layout.end);
    await completeUpkeep(store, source);
    await expectConsistent(store);
    expect(await store.reader.digest()).toEqual(await streamed.reader.digest());
    expect((await store.reader.position()).counts).toEqual((await streamed.reader.position()).counts);
  },
);
