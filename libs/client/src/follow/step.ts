/**
 * The steps of a followed session: the closes of every slot of an interval, stored or not, on the session's own days (not its history).
 * Slots restart at each segment's open, so a lunch break or an early close ends a slot early. A step makes bar objects on first
 * access, from the rows that were hashed, so a step that the caller keeps does not change. Pure.
 */
import { isDerivable, isInterval, parseInterval, type Interval } from '@barkeep/bars';
import { dayAtClock, type SessionLayout } from '@barkeep/session-data';
import { aggregateBars, type BarMirror, type DerivedBy, type MirrorBar } from '../mirror/index.js';
import { eachBar, type DeliveredStep } from './delivered.js';

type BarsBySymbol = ReadonlyMap<string, readonly MirrorBar[]>;

/** An instant of simulated time: the close of a slot of the followed interval. */
export class Step {
  /** Simulated time, epoch ms: the close of everything new in this step. */
  readonly time: number;
  /** The trading date, `YYYY-MM-DD`. */
  readonly date: string;
  /** True for the last step of its trading day. */
  readonly isDayClose: boolean;
  /** Number of base bars of all symbols that closed since the step before. */
  readonly barCount: number;
  private parts: Map<string, BarsBySymbol> | undefined;
  private own: ReadonlyMap<string, MirrorBar> | undefined;
  private closed: ReadonlyMap<string, ReadonlyMap<string, MirrorBar>> | undefined;

  /** @param mirror shows the session as of this step, until the next step */
  constructor(
    private readonly layout: SessionLayout,
    private readonly every: Interval,
    private readonly at: StepTime,
    private readonly delivered: DeliveredStep,
    readonly mirror: BarMirror,
  ) {
    const grid = layout.grid(at.day, every);
    this.time = at.time;
    this.date = grid.date;
    this.isDayClose = at.slot + 1 === grid.slotCount;
    this.barCount = delivered.bars;
  }

  /** `upkeep`: the derived bars were stored by the session's workers. `client`: this process derived them, with the same function. */
  get derivedBy(): DerivedBy {
    return this.mirror.derivedBy;
  }

  /**
   * The bar of the followed interval that closed with this step, by symbol: the minute's bar at `every: '1m'`, the trading day's
   * bar at `'day'`. A symbol without a bar in that time is absent from the map. If the session does not store the interval, the
   * bar is aggregated here from the step's base bars; its counts say from how many.
   */
  get bars(): ReadonlyMap<string, MirrorBar> {
    return (this.own ??= this.ownBars());
  }

  /**
   * The newest bar of each derived interval that closed in this step, by interval, then by symbol. An interval without a closed
   * bar is absent.
   */
  get derived(): ReadonlyMap<string, ReadonlyMap<string, MirrorBar>> {
    if (!this.closed) {
      const [, ...derived] = this.delivered.parts;
      const maps = derived.map(({ interval: { name } }) => [name, this.newest(name)] as const);
      this.closed = new Map(maps.filter(([, bars]) => bars.size > 0));
    }
    return this.closed;
  }

  /** All bars of a symbol at an interval that closed since the step before, oldest first; base bars by default. */
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

/** A step of a session. */
export interface StepTime {
  /** Epoch ms. */
  time: number;
  /** Index into the layout's days. */
  day: number;
  /** The slot of the day's steps that closes with it. */
  slot: number;
}

/** The session cannot be followed at this interval. */
export class StepIntervalError extends Error {
  override readonly name = 'StepIntervalError';
  constructor(
    /** The given value. */
    readonly every: string,
    /** The session's base interval. */
    readonly base: string,
  ) {
    super(`every: expected ${base}, a whole multiple of it, or day, was ${JSON.stringify(every)}`);
  }
}

/** The interval of `every`: `day` is the trading day, as `1d` is. @throws StepIntervalError */
export function stepInterval(every: string, base: Interval): Interval {
  const name = every === 'day' ? '1d' : every;
  const interval = isInterval(name) ? parseInterval(name) : undefined;
  if (interval && (interval.name === base.name || isDerivable(interval, base))) return interval;
  throw new StepIntervalError(every, base.name);
}

/** The steps after `time`, epoch ms, in order. */
export function* stepsAfter(layout: SessionLayout, every: Interval, time: number): Generator<StepTime> {
  for (let day = Math.max(dayAtClock(layout, time), layout.historyDays); day < layout.days.length; day++) {
    const grid = layout.grid(day, every);
    for (let slot = grid.closedBy(time); slot < grid.slotCount; slot++) yield { time: grid.closeTime(slot), day, slot };
  }
}

/** Time of the last step at or before `time`, both epoch ms; the session's start when there is none. */
export function lastStepAt(layout: SessionLayout, every: Interval, time: number): number {
  for (let day = dayAtClock(layout, time); day >= layout.historyDays; day--) {
    const grid = layout.grid(day, every);
    const closed = grid.closedBy(time);
    if (closed > 0) return grid.closeTime(closed - 1);
  }
  return layout.sessionStart;
}
