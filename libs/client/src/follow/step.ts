/**
 * One step of a followed session: the time, and the bars that closed with it. Bars are made into objects when they are first
 * asked for, out of the very rows that were hashed, so a step stays what it was however long it is kept. Pure.
 */
import type { Interval } from '@barkeep/bars';
import type { SessionLayout } from '@barkeep/session-data';
import { aggregateBars, type BarMirror, type DerivedBy, type MirrorBar } from '../mirror/index.js';
import { eachBar, type Delivered } from './delivered.js';
import type { StepTime } from './step-times.js';

type BarsBySymbol = ReadonlyMap<string, readonly MirrorBar[]>;

/** An instant of a session's simulated time: the close of a slot of the interval that is followed. */
export class Step {
  /** Simulated time, epoch ms: the close of everything new in this step. */
  readonly time: number;
  /** The trading date, `YYYY-MM-DD`. */
  readonly date: string;
  /** True for the last step of its trading day. */
  readonly isDayClose: boolean;
  /** Base bars that closed since the step before, of all symbols. */
  readonly barCount: number;
  private parts: Map<string, BarsBySymbol> | undefined;
  private own: ReadonlyMap<string, MirrorBar> | undefined;
  private closed: ReadonlyMap<string, ReadonlyMap<string, MirrorBar>> | undefined;

  /** @param mirror the session as of this step, while it is the newest one */
  constructor(
    private readonly layout: SessionLayout,
    private readonly every: Interval,
    private readonly at: StepTime,
    private readonly delivered: Delivered,
    readonly mirror: BarMirror,
  ) {
    const grid = layout.grid(at.day, every);
    this.time = at.time;
    this.date = grid.date;
    this.isDayClose = at.slot + 1 === grid.slotCount;
    this.barCount = delivered.bars;
  }

  /** `upkeep`: the derived bars are those that the session's workers stored; `client`: they were made here, by the same function. */
  get derivedBy(): DerivedBy {
    return this.mirror.derivedBy;
  }

  /**
   * By symbol, the bar of the followed interval that closed with this step: at `every: '1m'` the minute's bar, at `'15m'` the 15
   * minutes', at `'day'` the trading day's. A symbol without any bar in that time is not in it. A longer bar is the one that the
   * session stores, if it stores that interval, else made here of the step's base bars (its counts say of how many).
   */
  get bars(): ReadonlyMap<string, MirrorBar> {
    return (this.own ??= this.ownBars());
  }

  /**
   * By interval, then by symbol, the newest bar of each derived interval of the session that closed in this step; an interval
   * of which none closed is not in it.
   */
  get derived(): ReadonlyMap<string, ReadonlyMap<string, MirrorBar>> {
    if (!this.closed) {
      const [, ...derived] = this.delivered.parts;
      const maps = derived.map(({ interval: { name } }) => [name, this.newest(name)] as const);
      this.closed = new Map(maps.filter(([, bars]) => bars.size > 0));
    }
    return this.closed;
  }

  /** All bars of a symbol at an interval of the session that closed since the step before, oldest first; base bars by default. */
  barsOf(symbol: string, interval: string = this.layout.base.name): readonly MirrorBar[] {
    return this.part(interval).get(symbol) ?? [];
  }

  private ownBars(): ReadonlyMap<string, MirrorBar> {
    const { every } = this;
    if (this.layout.interval(every.name) !== undefined) return this.newest(every.name);
    const { grid, starts } = this.layout.plan(this.at.day, every);
    const { slot } = this.at;
    const expectedCount = starts[slot + 1]! - starts[slot]!;
    const frame = { openTime: grid.openTime(slot), closeTime: grid.closeTime(slot), expectedCount };
    const made = new Map<string, MirrorBar>();
    for (const [symbol, bars] of this.part(this.layout.base.name)) made.set(symbol, aggregateBars(bars, frame)!);
    return made;
  }

  /** The newest bar of each symbol at an interval. */
  private newest(interval: string): Map<string, MirrorBar> {
    const newest = new Map<string, MirrorBar>();
    this.each(interval, (symbol, bar) => newest.set(symbol, bar));
    return newest;
  }

  private part(interval: string): BarsBySymbol {
    const parts = (this.parts ??= new Map<string, BarsBySymbol>());
    let bars = parts.get(interval);
    if (!bars) {
      const found = new Map<string, MirrorBar[]>();
      this.each(interval, (symbol, bar) => {
        const all = found.get(symbol);
        if (all) all.push(bar);
        else found.set(symbol, [bar]);
      });
      parts.set(interval, (bars = found));
    }
    return bars;
  }

  private each(interval: string, visit: (symbol: string, bar: MirrorBar) => void): void {
    const part = this.delivered.parts.find(({ interval: { name } }) => name === interval);
    if (!part) return;
    const grid = this.layout.grid(this.at.day, part.interval);
    eachBar(part, (openTime) => grid.closeTime(Number(grid.slotAt(openTime))), visit);
  }
}
