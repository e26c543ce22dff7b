/**
 * One step of a followed session. It makes bar objects on first access, from the rows that were delivered (of which the delivered hash is
 * made). So a step that the caller keeps does not change. Does no I/O.
 */
import type { Interval } from '@barkeep/bars';
import type { SessionLayout } from '@barkeep/session-data';
import { aggregateBars, type BarMirror, type DerivedBy, type MirrorBar } from '../mirror/index.js';
import { eachBar } from './delivered.js';
import type { DeliveredPart } from './interval-rows.js';
import type { StepTime } from './step-times.js';

type BarsBySymbol = ReadonlyMap<string, readonly MirrorBar[]>;

/** An instant of simulated time: the close of a slot of the followed interval. */
export class Step {
  /** Simulated time, epoch ms. The step delivers bars that closed after the step before and by this time. */
  readonly time: number;
  /** The trading date, `YYYY-MM-DD`. */
  readonly date: string;
  /** True for the last step of its trading day. */
  readonly isDayClose: boolean;
  /** Number of base bars of all symbols that closed since the step before. */
  readonly barCount: number;
  private barsByInterval: Map<string, BarsBySymbol> | undefined;
  private followedBars: ReadonlyMap<string, MirrorBar> | undefined;
  private newestDerived: ReadonlyMap<string, ReadonlyMap<string, MirrorBar>> | undefined;

  /**
   * @param parts what was delivered: one part per interval, the base interval first
   * @param mirror shows the session as of this step, until the next step
   */
  constructor(
    private readonly layout: SessionLayout,
    private readonly every: Interval,
    private readonly at: StepTime,
    private readonly parts: readonly DeliveredPart[],
    readonly mirror: BarMirror,
  ) {
    const grid = layout.grid(at.day, every);
    this.time = at.time;
    this.date = grid.date;
    this.isDayClose = at.slot + 1 === grid.slotCount;
    this.barCount = parts[0]!.list.rowCount;
  }

  /** `upkeep`: the derived bars were stored by the session's workers. `client`: this process derived them, with the same function. */
  get derivedBy(): DerivedBy {
    return this.mirror.derivedBy;
  }

  /**
   * The bar of the followed interval that closed with this step, by symbol: the minute's bar at `every: '1m'`, the trading day's
   * bar at `'day'`. A symbol without a bar in that time is absent from the map. If the session does not store the interval, the
   * bar is aggregated here from the step's base bars; `sourceCount` is their number.
   */
  get bars(): ReadonlyMap<string, MirrorBar> {
    return (this.followedBars ??= this.makeFollowedBars());
  }

  /** The newest bar that closed in this step, by derived interval, then by symbol. An interval without such a bar is absent. */
  get derived(): ReadonlyMap<string, ReadonlyMap<string, MirrorBar>> {
    if (!this.newestDerived) {
      const derivedParts = this.parts.slice(1); // after the base interval
      const maps = derivedParts.map(({ interval: { name } }) => [name, this.newestBars(name)] as const);
      this.newestDerived = new Map(maps.filter(([, bars]) => bars.size > 0));
    }
    return this.newestDerived;
  }

  /**
   * All bars of a symbol at an interval that closed since the step before, oldest first; base bars by default.
   * @throws UnknownIntervalError when the session does not have the interval
   */
  barsOf(symbol: string, interval: string = this.layout.base.name): readonly MirrorBar[] {
    const bars = this.barsByInterval?.get(interval) ?? this.allBars(this.layout.intervalNamed(interval).name);
    return bars.get(symbol) ?? [];
  }

  /** The stored bars when the session has the followed interval, else aggregated ones. */
  private makeFollowedBars(): ReadonlyMap<string, MirrorBar> {
    const { every } = this;
    if (this.layout.interval(every.name) !== undefined) return this.newestBars(every.name);
    const { day, slot } = this.at;
    const { grid, starts } = this.layout.plan(day, every);
    const expectedCount = starts[slot + 1]! - starts[slot]!; // the slot covers base slots [starts[slot], starts[slot + 1])
    const frame = { openTime: grid.openTime(slot), closeTime: grid.closeTime(slot), expectedCount };
    const aggregated = new Map<string, MirrorBar>();
    for (const [symbol, bars] of this.allBars(this.layout.base.name)) {
      aggregated.set(symbol, aggregateBars(bars, frame)!); // each listed symbol has a bar
    }
    return aggregated;
  }

  /** The newest bar of each symbol at an interval, by symbol. */
  private newestBars(interval: string): Map<string, MirrorBar> {
    const newest = new Map<string, MirrorBar>();
    this.visitBars(interval, (symbol, bar) => newest.set(symbol, bar)); // the newest bar comes last and stays
    return newest;
  }

  /** All bars of the step at an interval, by symbol, oldest first. */
  private allBars(interval: string): BarsBySymbol {
    const cached = this.barsByInterval?.get(interval);
    if (cached) return cached;
    const bySymbol = new Map<string, MirrorBar[]>();
    this.visitBars(interval, (symbol, bar) => {
      const bars = bySymbol.get(symbol);
      if (bars) bars.push(bar);
      else bySymbol.set(symbol, [bar]);
    });
    this.barsByInterval ??= new Map<string, BarsBySymbol>();
    this.barsByInterval.set(interval, bySymbol);
    return bySymbol;
  }

  /** Visits the bars of the step at an interval, symbol by symbol, oldest first; none when no slot of the interval closed. */
  private visitBars(interval: string, visit: (symbol: string, bar: MirrorBar) => void): void {
    const part = this.parts.find((each) => each.interval.name === interval);
    if (!part) return;
    const grid = this.layout.grid(this.at.day, part.interval);
    const closeOf = (openTime: number): number => grid.closeTime(grid.slotAt(openTime) as number); // stored bars have slots
    eachBar(part, closeOf, visit);
  }
}
