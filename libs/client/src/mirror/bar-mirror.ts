/** Synchronous reads of a session's bars in this process: as of one instant, and nothing after it (invariant I2, docs/ARCHITECTURE.md). */
import { barQuality } from '@barkeep/bars';
import { dayAtClock, type SessionLayout } from '@barkeep/session-data';
import type { Holdings } from './holdings.js';
import type { MirrorBar } from './bar-objects.js';
import type { DerivedBy } from './symbol-bars.js';

/**
 * A session's bars as of {@link BarMirror.clock}. Reads throw `UnknownSymbolError` or `UnknownIntervalError` for a symbol or an
 * interval that the session does not have, and `SessionLostError` after the session was deleted.
 */
export class BarMirror {
  /** @param holdings the held bars; the caller loads them and moves their clock */
  constructor(private readonly holdings: Holdings) {}

  /** Simulated time of all answers, epoch ms. Never goes back. */
  get clock(): number {
    return this.holdings.clock;
  }

  /** The session with its symbols as of the last update of the mirror. */
  get layout(): SessionLayout {
    return this.holdings.layout;
  }

  /** The symbols that can be read, in the order of their names. */
  get symbols(): readonly string[] {
    return this.holdings.sorted.map(({ symbol }) => symbol);
  }

  /** `upkeep`: the derived bars were stored by the session's workers. `client`: this process derives them from the base bars. */
  get derivedBy(): DerivedBy {
    return this.holdings.derivedBy;
  }

  /**
   * The newest bar, or undefined. At a derived interval it may be a bar that is still forming (`complete` is false): it
   * aggregates the visible base bars, and its close time is that of the last closed base slot.
   * @param interval such as `5m`; the session's base interval by default
   */
  latestBar(symbol: string, interval?: string): MirrorBar | undefined {
    return this.holdings.series(symbol, interval).latest(this.holdings);
  }

  /**
   * The newest `count` bars, oldest first, across days and gaps; at a derived interval with the forming bar. Fewer when
   * the mirror holds fewer. The bars are shared between callers: do not change them.
   */
  lastBars(symbol: string, count: number, interval?: string): MirrorBar[] {
    return this.holdings.series(symbol, interval).last(this.holdings, count);
  }

  /**
   * Close prices of the newest `count` closed bars, oldest first. The array is a view of the mirror's memory: it is valid until
   * the next `await`, and must not be written to. Excludes a forming bar.
   */
  closes(symbol: string, count: number, interval?: string): Float64Array {
    return this.holdings.series(symbol, interval).closes(this.holdings.clock, count);
  }

  /** Number of closed bars in the days that the mirror holds. */
  barCount(symbol: string, interval?: string): number {
    return this.holdings.series(symbol, interval).countAt(this.holdings.clock);
  }

  /**
   * Percentage of the expected bars that exist, on the held days of the session itself (not of its history); 100 when no bar is expected.
   * The mirror does not hold the states of slots, so a no-trade slot counts as a missing bar here.
   */
  barQuality(symbol: string): number {
    const { holdings } = this;
    const { clock, layout } = holdings;
    const series = holdings.series(symbol, undefined);
    const firstDay = Math.max(holdings.heldFrom, layout.historyDays);
    let expected = 0;
    for (let day = firstDay; day <= dayAtClock(layout, clock); day++) expected += layout.grid(day).closedBy(clock);
    const firstRow = series.columns.rowFrom(layout.grid(firstDay).open);
    const filled = Math.max(0, series.visibleEnd(clock) - firstRow); // 0 while the clock is in the history
    return barQuality({ expected, filled: Math.min(filled, expected), noTrade: 0 });
  }
}
