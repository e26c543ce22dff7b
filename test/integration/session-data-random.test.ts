/**
 * Random operations on a session store and on a simple model of it: after any writes, in any order, both show the same.
 * I2, I3, I4, I6: invariants at the end of docs/ARCHITECTURE.md.
 */
import { BACKFILLED, DayChunk, noCounts, NO_TRADE, UNFILLABLE, type Bar, type DayGrid } from '@barkeep/bars';
import {
  FencedError,
  type SessionLayout,
  type SessionWriter,
  type SymbolFill,
  type Window,
} from '@barkeep/session-data';
import { holey, marketBars, mulberry32, type BarsBySymbol } from '../support/data/market.js';
import { plainBar, type PlainBar } from '../support/data/plain-shown.js';
import {
  ABSENT_ONCE,
  ABSENT_TWICE,
  deriveAll,
  PARTITION,
  partsOf,
  SMALL_SPEC,
  StoreServer,
  type TestStore,
} from '../support/sessions/session-store.js';

/** Its windows of 13 minutes end within a byte of the bitmap and within derived bars, which is the harder case. */
const SPEC = {
  ...SMALL_SPEC,
  symbols: ['AAA', 'BBB', 'CCC', 'DDD'],
  derivedIntervals: ['5m', '30m'],
  upkeep: { barrier: { minutes: 13 } },
};
const MINUTE = 60_000;
const OPERATIONS = 300;
/** The index of `vendor` among the datasets of the session: index 0 is the streamed dataset. */
const VENDOR = 1;
/** The states that a fill may give an empty slot: absent after one or two requests, or settled. */
const EMPTY_STATES = [ABSENT_ONCE, ABSENT_TWICE, UNFILLABLE, NO_TRADE];
/** The market without holes. */
const whole = marketBars({ ...SPEC, seed: 21 });
const server = new StoreServer();
afterAll(() => server.close());

/** What a fill writes to a slot: a bar with the state `BACKFILLED`, or another state without a bar. */
interface SlotContent {
  slot: number;
  openTime: number;
  state: number;
  bar: Bar | undefined;
  /** Whether the slot has a bar already: in the store, or from an earlier entry of the same fill. A fill must not replace it. */
  isTaken: boolean;
}

/** The content of a store as plain objects, without bits, bytes or windows. */
class Model {
  readonly bars = new Map(SPEC.symbols.map((symbol) => [symbol, new Map<number, PlainBar>()]));
  /** States of empty slots, by open time. */
  readonly states = new Map(SPEC.symbols.map((symbol) => [symbol, new Map<number, number>()]));
  frontier: number;
  clock: number;
  watermark: number;

  constructor(start: number) {
    this.frontier = this.clock = this.watermark = start;
  }

  /** Adds the source's bars of the next window. */
  flush(source: BarsBySymbol, { prev, to }: Window): void {
    for (const [symbol, bars] of source) {
      for (const bar of bars) {
        const isInside = bar.openTime >= prev && bar.openTime < to;
        if (isInside) this.bars.get(symbol)!.set(bar.openTime, { ...bar, origin: 'streamed' });
      }
    }
    this.frontier = to;
  }

  /** Writes bars and states into slots of a symbol. */
  fill(symbol: string, contents: readonly SlotContent[]): void {
    const [bars, states] = [this.bars.get(symbol)!, this.states.get(symbol)!];
    for (const { openTime, bar, state } of contents) {
      if (bar) {
        bars.set(openTime, { ...bar, origin: 'backfilled' });
        states.delete(openTime);
      } else states.set(openTime, state);
    }
  }

  /** The bars of a symbol that close by `until`, oldest first. */
  barsClosedBy(until: number, symbol: string): PlainBar[] {
    const closed = [...this.bars.get(symbol)!.values()].filter(({ openTime }) => openTime + MINUTE <= until);
    return closed.sort((a, b) => a.openTime - b.openTime);
  }

  /** The counts of symbols over all slots that close by `until`. */
  counts(layout: SessionLayout, symbols: readonly string[], until: number) {
    const counts = noCounts();
    for (const symbol of symbols) {
      const bars = this.barsClosedBy(until, symbol);
      counts.expected += layout.slotsClosedBy(until);
      counts.filled += bars.length;
      counts.streamed += bars.filter(({ origin }) => origin === 'streamed').length;
      counts.backfilled += bars.filter(({ origin }) => origin === 'backfilled').length;
      for (const [openTime, state] of this.states.get(symbol)!) {
        if (openTime + MINUTE > until) continue;
        if (state === NO_TRADE) counts.noTrade++;
        else if (state === UNFILLABLE) counts.unfillable++;
        else counts.absent++;
      }
    }
    counts.missing = counts.expected - counts.filled - counts.noTrade - counts.unfillable - counts.absent;
    return counts;
  }
}

/** Random operations, each done on the store and on the model. */
class RandomOperations {
  private readonly model: Model;
  private epoch = 1;

  constructor(
    private readonly store: TestStore,
    private readonly source: BarsBySymbol,
    private readonly random: () => number,
  ) {
    this.model = new Model(store.layout.start);
  }

  /** Does one operation. */
  async step(): Promise<void> {
    const dice = this.random();
    if (dice < 0.25) await this.flush();
    else if (dice < 0.6) await this.fill();
    else if (dice < 0.75) await this.moveClock();
    else if (dice < 0.85) await deriveAll(this.store);
    else if (dice < 0.95) await this.moveWatermark();
    else await this.takeOver();
  }

  /** Flushes the next window, or repeats an earlier one, which changes nothing. */
  private async flush(): Promise<void> {
    const { windows } = this.store;
    const unflushed = windows.findIndex(({ to }) => to > this.model.frontier);
    const next = unflushed < 0 ? windows.length - 1 : unflushed;
    const isRepeat = this.random() < 0.3;
    const window = windows[isRepeat ? this.int(next + 1) : next]!;
    for (const part of partsOf(this.store.layout, window, this.source)) await this.writer().flush(window, part);
    if (window.to > this.model.frontier) this.model.flush(this.source, window);
  }

  /**
   * Fills random slots of a random symbol's day. The store must refuse the whole fill when one of its slots is after the frontier,
   * or when it has a bar for a slot that already has one.
   */
  private async fill(): Promise<void> {
    const { layout, upkeep } = this.store;
    const symbol = this.oneOf(SPEC.symbols);
    const day = this.int(layout.days.length);
    const grid = layout.grid(day);
    const contents = this.chooseContents(symbol, grid);
    const isAllowed = contents.every(({ slot, isTaken }) => !isTaken && grid.closeTime(slot) <= this.model.frontier);
    const [symbolDay] = await upkeep.readDay(PARTITION, day, [symbol]);
    const fill = fillOfContents(symbol, grid, symbolDay!.states, contents);
    // Sent twice, the fill gets the same answer and has no further effect.
    for (let send = 0; send < 2; send++) {
      const refused = await upkeep.fill(PARTITION, day, [fill]);
      expect(refused).toEqual(isAllowed ? new Set() : new Set([symbol]));
    }
    if (isAllowed) this.model.fill(symbol, contents);
  }

  /** Bars and states for random slots of a symbol's day. Rarely has a bar for a slot that is taken. */
  private chooseContents(symbol: string, grid: DayGrid): SlotContent[] {
    const contents: SlotContent[] = [];
    for (let n = 1 + this.int(12); n > 0; n--) {
      const slot = this.int(grid.slotCount);
      const openTime = grid.openTime(slot);
      const isChosen = contents.some((content) => content.slot === slot && content.bar);
      const isTaken = isChosen || this.model.bars.get(symbol)!.has(openTime);
      const dice = this.random();
      if (isTaken && dice > 0.02) continue;
      const bar = dice < 0.5 ? whole.get(symbol)!.find((candidate) => candidate.openTime === openTime) : undefined;
      const state = bar ? BACKFILLED : this.oneOf(EMPTY_STATES);
      contents.push({ slot, openTime, state, bar, isTaken });
    }
    return contents;
  }

  /** Moves the clock to the end of any window. The store refuses a time after the frontier, and knows no barriers. */
  private async moveClock(): Promise<void> {
    const { to } = this.oneOf(this.store.windows);
    const moved = this.writer().moveClock(to);
    if (to > this.model.frontier) return expect(moved).rejects.toThrow('frontier');
    await moved;
    this.model.clock = Math.max(this.model.clock, to);
  }

  /**
   * Moves the watermark to the end of a random window `to`, as a worker does that has read the watermark `from`. The store refuses the move
   * in two cases: its watermark is before `from`, as in a store that was set back; or `to` is after its frontier.
   */
  private async moveWatermark(): Promise<void> {
    const [from, to] = [this.oneOf(this.store.windows).to, this.oneOf(this.store.windows).to];
    const isAllowed = from <= this.model.watermark && to <= this.model.frontier;
    expect(await this.store.upkeep.moveWatermark(PARTITION, from, to)).toBe(isAllowed);
    if (isAllowed) this.model.watermark = Math.max(this.model.watermark, to);
  }

  /** Another epoch takes the session over, and the earlier one tries to write once more. */
  private async takeOver(): Promise<void> {
    const earlier = this.writer();
    this.epoch++;
    await this.writer().claim();
    const window = this.oneOf(this.store.windows);
    const [part] = partsOf(this.store.layout, window, this.source);
    await expect(earlier.flush(window, part!)).rejects.toThrow(FencedError);
    await expect(earlier.moveClock(window.to)).rejects.toThrow(FencedError);
  }

  /** Compares everything that a reader shows with the model. */
  async compare(): Promise<void> {
    const { layout, reader } = this.store;
    const { frontier, clock, watermark } = this.model;
    const { counts, ...position } = await reader.position();
    expect(position).toEqual({ frontier, clock, watermark, refused: 0, offGrid: 0, control: 'run' });
    expect(counts).toEqual(this.model.counts(layout, SPEC.symbols, frontier));
    for (const symbol of SPEC.symbols) {
      const bars = await reader.barsBetween(symbol, '1m', 0, Infinity);
      expect(bars.map(plainBar)).toEqual(this.model.barsClosedBy(clock, symbol).map(plainBar));
      expect(await reader.metrics(symbol)).toMatchObject(this.model.counts(layout, [symbol], clock));
    }
  }

  /** A writer of the current owner. */
  private writer(): SessionWriter {
    return this.store.as({ epoch: this.epoch, owner: 'one' });
  }

  private oneOf<T>(items: readonly T[]): T {
    return items[this.int(items.length)]!;
  }

  /** A random whole number in `[0, below)`. */
  private int(below: number): number {
    return Math.floor(this.random() * below);
  }
}

/** The fill that writes contents to a symbol's day. @param before the states that are stored now */
function fillOfContents(
  symbol: string,
  { slotCount }: DayGrid,
  before: Uint8Array | undefined,
  contents: readonly SlotContent[],
): SymbolFill {
  const after = Uint8Array.from(before ?? new Uint8Array(slotCount));
  const chunk = new DayChunk(slotCount);
  const runs: { start: number; records: Uint8Array }[] = [];
  for (const { slot, state, bar } of contents) {
    after[slot] = state;
    if (!bar) continue;
    chunk.writeBar(slot, bar, 'backfilled', VENDOR);
    runs.push({ start: slot, records: chunk.record(slot) });
  }
  return { symbol, before, after, dueAt: undefined, runs };
}

test.each([1, 2, 3])(
  'I2 I3 I4 I6 after random operations the store shows what the model shows (seed %i)',
  async (seed) => {
    const store = await server.begin(server.layout(SPEC));
    const operations = new RandomOperations(store, holey(whole, 0.4, seed), mulberry32(seed));
    for (let i = 0; i < OPERATIONS; i++) {
      await operations.step();
      if (i % 20 === 0) await operations.compare();
    }
    await operations.compare();
  },
);
