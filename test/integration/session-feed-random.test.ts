/**
 * Feeds bars in any order, with duplicates and from several feeders, while the frontier and the clock move and backfill
 * fills empty slots. The store ends with the bytes of one that was streamed from a dataset (I1), and its counts match
 * its bytes at every moment (I6).
 * I1, I4, I6: invariants at the end of docs/ARCHITECTURE.md.
 */
import { hasBit, UNFILLABLE, type Bar } from '@barkeep/bars';
import type { FeedFrontier, SessionFeed } from '@barkeep/session-data';
import { holey, marketBars, mulberry32, type BarsBySymbol } from '../support/data/market.js';
import { advanceTo, countedSlots, feedOf, otherBar, shuffledWithin } from '../support/programs/feeding.js';
import { symbolFill } from '../support/sessions/follow-store.js';
import {
  ABSENT_ONCE,
  deriveAll,
  flushUpTo,
  PARTITION,
  SMALL_SPEC,
  StoreServer,
  type TestStore,
} from '../support/sessions/session-store.js';

/** The session that streams its bars from a dataset. Its windows end within a byte of the bitmap, which is the harder case. */
const STREAMED = {
  ...SMALL_SPEC,
  symbols: ['AAA', 'BBB', 'CCC', 'DDD'],
  end: '2013-10-09',
  derivedIntervals: ['5m', '30m'],
  upkeep: { barrier: { minutes: 13 } },
};
/** The same session, but feeders post its bars. */
const FED = { ...STREAMED, source: { type: 'feed' } };
const MINUTE = 60_000;
/** The market without holes: the vendor's bars come from it. */
const whole = marketBars({ ...STREAMED, seed: 21 });
const server = new StoreServer();
afterAll(() => server.close());

/**
 * Backfills the empty slots of a day that close by `upTo`. The vendor has bars for the odd slots that the source lacks. Every
 * other empty slot, even one whose bar a feeder sends later, becomes absent or unfillable.
 */
async function backfill(store: TestStore, source: BarsBySymbol, upTo: number, day: number): Promise<void> {
  const { layout, upkeep } = store;
  const grid = layout.grid(day);
  for (const { symbol, bitmap } of await upkeep.readDay(PARTITION, day, layout.symbols)) {
    const sourceTimes = new Set(source.get(symbol)!.map(({ openTime }) => openTime));
    const filled = new Map<number, Bar>();
    const states: Record<number, number> = {};
    for (let slot = 0; slot < grid.closedBy(upTo); slot++) {
      if (hasBit(bitmap, slot)) continue;
      const time = grid.openTime(slot);
      const hasVendorBar = slot % 2 === 1 && !sourceTimes.has(time);
      if (hasVendorBar) {
        const vendorBar = whole.get(symbol)!.find(({ openTime }) => openTime === time)!;
        filled.set(slot, vendorBar);
      } else states[slot] = slot % 3 === 0 ? UNFILLABLE : ABSENT_ONCE;
    }
    const fill = await symbolFill(store, day, symbol, filled, states);
    expect(await upkeep.fill(PARTITION, day, [fill])).toEqual(new Set()); // no symbol was refused
  }
}

/** Backfills all days of a store that was written to its end, and derives its bars. */
async function completeUpkeep(store: TestStore, source: BarsBySymbol): Promise<void> {
  const { layout } = store;
  for (let day = 0; day < layout.days.length; day++) await backfill(store, source, layout.end, day);
  await deriveAll(store);
}

/** The calls of one symbol's feeder: 1 to 60 bars each. Bars are at most five places out of order, and some come twice. */
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

/** A store that feeders feed in random turns, while its frontier moves and upkeep works. */
class RandomFeeding {
  /** The sums of the outcomes of all calls. */
  readonly total = { accepted: 0, duplicates: 0, late: 0 };
  readonly feed: SessionFeed;
  private readonly frontier: FeedFrontier;

  constructor(
    readonly store: TestStore,
    private readonly source: BarsBySymbol,
    private readonly random: () => number,
  ) {
    ({ feed: this.feed, frontier: this.frontier } = feedOf(server.redis, store));
  }

  /** Makes all calls of all feeders. Each turn is the next call of a random feeder. */
  async sendAll(): Promise<void> {
    const feeders = STREAMED.symbols.map((symbol) => ({
      symbol,
      calls: feederCalls(this.source.get(symbol)!, this.random),
    }));
    let unfinished = feeders;
    while (unfinished.length > 0) {
      const { symbol, calls } = unfinished[this.int(unfinished.length)]!;
      const bars = calls.shift()!;
      await this.send(symbol, bars);
      await this.work(bars.at(-1)!.openTime);
      unfinished = feeders.filter((feeder) => feeder.calls.length > 0);
    }
  }

  /** Sends bars in one call, and adds the outcome to `total`. */
  async send(symbol: string, bars: readonly Bar[]): Promise<void> {
    const { accepted, duplicates, late, conflicts } = await this.feed.feed(symbol, bars);
    expect(conflicts).toEqual([]);
    this.total.accepted += accepted;
    this.total.duplicates += duplicates;
    this.total.late += late;
  }

  /** Moves the frontier to the end, and completes upkeep. */
  async finish(): Promise<void> {
    await advanceTo(this.frontier, this.store.layout.end);
    await completeUpkeep(this.store, this.source);
    await expectConsistent(this.store);
  }

  /** Does one thing at random after a call whose last bar opened at `time`: in half of all turns nothing. */
  private async work(time: number): Promise<void> {
    const { store, frontier } = this;
    const dice = this.random();
    if (dice < 0.3) {
      // Moves the frontier past slow feeders, so that some bars come late.
      const to = store.layout.slotEndBefore(time + this.int(20) * MINUTE);
      if (to > frontier.frontier) await advanceTo(frontier, to);
    } else if (dice < 0.4) await backfill(store, this.source, frontier.frontier, this.int(store.layout.days.length));
    else if (dice < 0.45) await deriveAll(store);
    else if (dice < 0.5) await expectConsistent(store);
  }

  /** A random whole number in `[0, below)`. */
  private int(below: number): number {
    return Math.floor(this.random() * below);
  }
}

test.each([1, 2, 3, 4])(
  'I1 I4 I6 a store that is fed ends with the bytes of a streamed one (seed %i)',
  async (seed) => {
    const source = holey(whole, 0.2, seed);
    const streamed = await server.begin(server.layout(STREAMED));
    await flushUpTo(streamed, source, streamed.layout.end);
    await completeUpkeep(streamed, source);

    const store = await server.begin(server.layout(FED));
    const feeding = new RandomFeeding(store, source, mulberry32(seed));
    await feeding.sendAll();
    const barCount = [...source.values()].flat().length;
    expect(feeding.total.accepted).toBe(barCount);
    expect(feeding.total.late).toBeGreaterThan(0);
    expect(feeding.total.duplicates).toBeGreaterThan(0);

    // All bars once more, then bars that differ from the stored ones: none is accepted.
    for (const [symbol, bars] of source) await feeding.send(symbol, bars);
    expect(feeding.total.accepted).toBe(barCount);
    const differing = source.get('AAA')!.slice(0, 300).map(otherBar);
    const { conflicts, accepted } = await feeding.feed.feed('AAA', differing);
    expect(accepted).toBe(0);
    expect(conflicts.length).toBeGreaterThan(0);

    await feeding.finish();
    expect(await store.reader.digest()).toEqual(await streamed.reader.digest());
    expect((await store.reader.position()).counts).toEqual((await streamed.reader.position()).counts);
  },
);
