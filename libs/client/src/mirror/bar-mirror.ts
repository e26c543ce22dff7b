/**
 * What can be read of a session in this process, without asking anybody: every answer is of one instant, the mirror's
 * clock, and never of anything after it (I2). How it is filled: store-follower.ts. Changes nothing.
 */
import { barQuality } from '@barkeep/bars';
import { dayAtClock, type SessionLayout } from '@barkeep/session-data';
import type { Holdings } from './holdings.js';
import type { MirrorBar } from './series.js';
import type { DerivedBy } from './symbol-bars.js';

/**
 * Synchronous reads of a session's bars as of {@link BarMirror.clock}. Each throws `UnknownSymbolError` or `UnknownIntervalError` for
 * what the session does not have, and `SessionLostError` once the session is known to be deleted.
 */
export class BarMirror {
  /** @param holdings what is held; whoever made it moves it on */
  constructor(private readonly holdings: Holdings) {}

  /** Simulated time of all answers, epoch ms. Never goes back. */
  get clock(): number {
    return this.holdings.clock;
  }

  /** The session with the symbols that it had when the mirror was last brought up to date. */
  get layout(): SessionLayout {
    return this.holdings.layout;
  }

  /** The symbols that can be read, in the order of their names. */
  get symbols(): readonly string[] {
    return this.holdings.sorted.map(({ symbol }) => symbol);
  }

  /** `upkeep`: derived bars are those that the session's workers stored. `client`: they are made here of the base bars. */
  get derivedBy(): DerivedBy {
    return this.holdings.derivedBy;
  }

  /**
   * The newest bar, or undefined. Of a derived interval that may be the one that is still forming (`complete` is false):
   * it is made of the base bars that are visible, and closes with the last of their slots.
   * @param interval such as `5m`; the session's base interval by default
   */
  latestBar(symbol: string, interval?: string): MirrorBar | undefined {
    const { holdings } = this;
    return holdings.series(symbol, interval).latest(holdings);
  }

  /**
   * The newest `count` bars, oldest first, over days and past holes; of a derived interval with the one that is forming.
   * Fewer when the mirror holds fewer. The bars are shared: they must not be changed.
   */
  lastBars(symbol: string, count: number, interval?: string): MirrorBar[] {
    const { holdings } = this;
    return holdings.series(symbol, interval).last(holdings, count);
  }

  /**
   * Close prices of the newest `count` closed bars, oldest first, without a copy: a view of the mirror's own memory, good
   * until the next `await`, and not to be written to. A bar that is still forming is not among them.
   */
  closes(symbol: string, count: number, interval?: string): Float64Array {
    const { holdings } = this;
    return holdings.series(symbol, interval).closes(holdings.clock, count);
  }

  /** Number of closed bars in the days that the mirror holds. */
  barCount(symbol: string, interval?: string): number {
    const { holdings } = this;
    return holdings.series(symbol, interval).countAt(holdings.clock);
  }

  /** Bars that are there of those that the calendar expects, in percent, in the session's own days that the mirror holds; 100 while none is expected. */
  barQuality(symbol: string): number {
    const { holdings } = this;
    const { clock, layout } = holdings;
    const series = holdings.series(symbol, undefined);
    const first = Math.max(holdings.heldFrom, layout.historyDays);
    let expected = 0;
    for (let day = first; day <= dayAtClock(layout, clock); day++) expected += layout.grid(day).closedBy(clock);
    const filled = Math.max(0, series.visibleEnd(clock) - series.columns.rowFrom(layout.grid(first).open));
    return barQuality({ expected, filled: Math.min(filled, expected) });
  }
}
