/** Random operations on a session store and on a simple model of it: after any writes, in any order, both show the same. */
import { BACKFILLED, DayChunk, noCounts, NO_TRADE, UNFILLABLE, type Bar } from '@barkeep/bars';
import { FencedError, type SessionWriter, type SymbolFill, type Window } from '@barkeep/session-data';
import { holey, marketBars, mulberry32 } from '../support/data/market.js';
import { deriveAll, partsOf, StoreServer, type TestStore } from '../support/sessions/session-store.js';

const SPEC = {
  symbols: ['AAA', 'BBB', 'CCC', 'DDD'],
  start: '2013-10-07',
  end: '2013-10-08',
  derivedIntervals: ['5m', '30m'],
  source: { type: 'dataset', dataset: 'stream' },
  backfill: ['vendor'],
  upkeep: { barrier: { minutes: 13 } },
};
const MINUTE = 60_000;
const OPERATIONS = 300;
/** The states that a fill may give an empty slot: absent after one or two requests, or settled. */
const STATES = [1, 2, UNFILLABLE, NO_TRADE];
const whole = marketBars({ ...SPEC, seed: 21 });
const server = new StoreServer();
afterAll(() => server.close());

interface ModelBar extends Bar {
  origin: 'streamed' | 'backfilled';
}

/** The content of a store as plain objects, without bits, bytes or windows. */
class Model {
  readonly bars = new Map(SPEC.symbols.map((symbol) => [symbol, new Map<number, ModelBar>()]));
  /** States of empty slots, by open time. */
  readonly states = new Map(SPEC.symbols.map((symbol) => [symbol, new Map<number, number>()]));
  frontier: number;
  clock: number;
  watermark: number;

  constructor(start: number) {
    this.frontier = this.clock = this.watermark = start;
  }

  /** The counts of `symbols` over all slots that close by `until`. */
  counts(store: TestStore, symbols: readonly string[], until: number) {
    const counts = noCounts();
    for (const symbol of symbols) {
      const bars = [...this.bars.get(symbol)!.values()].filter(({ openTime }) => openTime + MINUTE <= until);
      counts.expected += store.layout.slotsClosedBy(until);
      counts.filled += bars.length;
      counts.streamed += bars.filter(({ origin }) => origin === 'streamed').length;
      counts.backfilled += bars.filter(({ origin }) => origin === 'backfilled').length;
      for (const [time, state] of this.states.get(symbol)!) {
        if (time + MINUTE > until) continue;
        if (state === NO_TRADE) counts.noTrade++;
        else if (state === UNFILLABLE) counts.unfillable++;
        else counts.absent++;
      }
    }
    counts.missing = counts.expected - counts.filled - counts.noTrade - counts.unfillable - counts.absent;
    return counts;
  }
}

const plain = ({ openTime, open, high, low, close, volume, origin }: Bar & { origin: string }) => ({
  openTime,
  open,
  high,
  low,
  close,
  volume,
  origin,
});

/** Random operations, each done on the store and on the model. */
class RandomOperations {
  private readonly model: Model;
  private readonly windows: Window[];
  private epoch = 1;

  constructor(
    private readonly store: TestStore,
    private readonly source: Map<string, Bar[]>,
    private readonly random: () => number,
  ) {
    this.model = new Model(store.layout.start);
    this.windows = [...store.layout.windowsFrom(0)];
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

  /** Flushes the next window, or repeats an earlier one. */
  private async flush(): Promise<void> {
    const unflushed = this.windows.findIndex(({ to }) => to > this.model.frontier);
    const next = unflushed < 0 ? this.windows.length - 1 : unflushed;
    const isRepeat = this.random() < 0.3;
    const window = this.windows[isRepeat ? this.int(next + 1) : next]!;
    for (const part of partsOf(this.store.layout, window, this.source)) await this.writer().flush(window, part);
    if (window.to <= this.model.frontier) return;
    for (const [symbol, bars] of this.source) {
      for (const bar of bars) {
        if (bar.openTime < window.prev || bar.openTime >= window.to) continue;
        this.model.bars.get(symbol)!.set(bar.openTime, { ...bar, origin: 'streamed' });
      }
    }
    this.model.frontier = window.to;
  }

  /**
   * Fills random slots of a random symbol's day with bars or states. The store must refuse the whole fill when one of its slots is
   * after the frontier, or when it has a bar for a slot that already has one.
   */
  private async fill(): Promise<void> {
    const { layout, upkeep } = this.store;
    const symbol = SPEC.symbols[this.int(SPEC.symbols.length)]!;
    const [bars, states] = [this.model.bars.get(symbol)!, this.model.states.get(symbol)!];
    const day = this.int(layout.days.length);
    const grid = layout.grid(day);
    const [known] = await upkeep.readDay(0, day, [symbol]);
    const after = Uint8Array.from(known!.states ?? new Uint8Array(grid.slotCount));
    const runs: { start: number; records: Uint8Array }[] = [];
    /** Changes of the model, which are made when the store accepts the fill. */
    const changes: (() => void)[] = [];
    let isAllowed = true;
    for (let n = 1 + this.int(12); n > 0; n--) {
      const slot = this.int(grid.slotCount);
      const time = grid.openTime(slot);
      const isTaken = bars.has(time) || runs.some(({ start }) => start === slot);
      const dice = this.random();
      // Rarely tries to write a bar into a slot that has one.
      if (isTaken && dice > 0.02) continue;
      isAllowed &&= grid.closeTime(slot) <= this.model.frontier;
      if (dice < 0.5) {
        isAllowed &&= !isTaken;
        const bar = whole.get(symbol)!.find(({ openTime }) => openTime === time)!;
        const chunk = new DayChunk(grid.slotCount);
        chunk.writeBar(slot, bar, 'backfilled', 1);
        runs.push({ start: slot, records: chunk.record(slot) });
        after[slot] = BACKFILLED;
        changes.push(() => {
          bars.set(time, { ...bar, origin: 'backfilled' });
          states.delete(time);
        });
      } else {
        const state = STATES[this.int(STATES.length)]!;
        after[slot] = state;
        changes.push(() => states.set(time, state));
      }
    }
    const fill: SymbolFill = { symbol, before: known!.states, after, dueAt: undefined, runs };
    // Sent twice, the fill gives the same answer and has no further effect.
    for (let send = 0; send < 2; send++) {
      const refused = await upkeep.fill(0, day, [fill]);
      expect(refused).toEqual(isAllowed ? new Set() : new Set([symbol]));
    }
    if (isAllowed) for (const change of changes) change();
  }

  /** Moves the clock to the end of any window. The store refuses a time after the frontier, and knows no barriers. */
  private async moveClock(): Promise<void> {
    const { to } = this.anyWindow();
    const moved = this.writer().moveClock(to);
    if (to > this.model.frontier) return expect(moved).rejects.toThrow('frontier');
    await moved;
    this.model.clock = Math.max(this.model.clock, to);
  }

  /**
   * Moves the watermark to the end of any window, as a worker does that read it at the end of another one. The store refuses the move
   * when its watermark is before the one that was read, because it was set back, or when the move would pass the frontier.
   */
  private async moveWatermark(): Promise<void> {
    const [from, to] = [this.anyWindow().to, this.anyWindow().to];
    const isAllowed = from <= this.model.watermark && to <= this.model.frontier;
    expect(await this.store.upkeep.moveWatermark(0, from, to)).toBe(isAllowed);
    if (isAllowed) this.model.watermark = Math.max(this.model.watermark, to);
  }

  /** Another epoch takes the session over, and the earlier one tries to write once more. */
  private async takeOver(): Promise<void> {
    const earlier = this.writer();
    this.epoch++;
    await this.writer().claim();
    const window = this.anyWindow();
    const [part] = partsOf(this.store.layout, window, this.source);
    await expect(earlier.flush(window, part!)).rejects.toThrow(FencedError);
    await expect(earlier.moveClock(window.to)).rejects.toThrow(FencedError);
  }

  /** Compares everything that a reader shows with the model. */
  async compare(): Promise<void> {
    const { reader } = this.store;
    const { model } = this;
    const { counts, refused, control, ...position } = await reader.position();
    expect(position).toEqual({ frontier: model.frontier, clock: model.clock, watermark: model.watermark });
    expect({ refused, control }).toEqual({ refused: 0, control: 'run' });
    expect(counts).toEqual(model.counts(this.store, SPEC.symbols, model.frontier));
    for (const symbol of SPEC.symbols) {
      const visible = [...model.bars.get(symbol)!.values()]
        .filter(({ openTime }) => openTime + MINUTE <= model.clock)
        .sort((a, b) => a.openTime - b.openTime);
      expect((await reader.barsBetween(symbol, '1m', 0, Infinity)).map(plain)).toEqual(visible.map(plain));
      const metrics = await reader.metrics(symbol);
      expect(metrics).toMatchObject(model.counts(this.store, [symbol], model.clock));
    }
  }

  /** A writer of the current owner. */
  private writer(): SessionWriter {
    return this.store.as({ epoch: this.epoch, owner: 'one' });
  }

  private anyWindow(): Window {
    return this.windows[this.int(this.windows.length)]!;
  }

  /** A random whole number in `[0, below)`. */
  private int(below: number): number {
    return Math.floor(this.random() * below);
  }
}

test.each([1, 2, 3])(
  'I2 I3 I4 I6 after random operations the store shows what the model shows (seed %i)',
  async (seed) => {
    const random = mulberry32(seed);
    const source = holey(whole, 0.4, seed);
    const operations = new RandomOperations(await server.begin(server.layout(SPEC)), source, random);
    for (let i = 0; i < OPERATIONS; i++) {
      await operations.step();
      if (i % 20 === 0) await operations.compare();
    }
    await operations.compare();
  },
);
