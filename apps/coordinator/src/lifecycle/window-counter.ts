/**
 * Counts, for some trading days, the windows of an interval in which each symbol has at least one bar that a session
 * would store: the same slots and the same refusals as when the days are streamed, so that the count is what will be
 * there. Rows may come in any order and from several datasets. Pure.
 */
import { DayGrid, refuseValues, bucketStarts, type Interval, type TradingDay } from '@barkeep/bars';

/** Windows of one symbol on one day. */
export interface DayCount {
  symbolId: number;
  /** Number of the day, as it was given. */
  day: number;
  bars: number;
}

interface CountedDay {
  day: number;
  grid: DayGrid;
  /** The window that each base slot lies in. */
  windowOf: Int32Array;
  windows: number;
  /** One byte a window, by symbol: 1 where there is a bar. */
  found: Map<number, Uint8Array>;
}

export class WindowCounter {
  /** Newest first, as the days are. */
  private readonly days: readonly CountedDay[];

  /** @param days newest first @param first number of the first of them */
  constructor(days: readonly TradingDay[], first: number, base: Interval, interval: Interval) {
    this.days = days.map((day, i) => {
      const grid = new DayGrid(day, base);
      const windowOf = new Int32Array(grid.slotCount);
      const windows = new DayGrid(day, interval);
      bucketStarts(grid, windows).forEach((slot, window) => windowOf.fill(window, slot));
      return { day: first + i, grid, windowOf, windows: windows.slotCount, found: new Map() };
    });
  }

  /** Takes one row; one that no session would store counts for nothing. */
  readonly add = (
    symbolId: number,
    time: number,
    open: number,
    high: number,
    low: number,
    close: number,
    volume: number,
  ): void => {
    const counted = this.dayAt(time);
    const slot = counted?.grid.slotAt(time);
    if (!counted || typeof slot !== 'number') return;
    if (refuseValues(open, high, low, close, volume) !== undefined) return;
    let found = counted.found.get(symbolId);
    if (!found) counted.found.set(symbolId, (found = new Uint8Array(counted.windows)));
    found[counted.windowOf[slot]!] = 1;
  };

  /** Newest day first; symbols and days without a bar are left out. */
  counts(): DayCount[] {
    return this.days.flatMap(({ day, found }) =>
      [...found].map(([symbolId, windows]) => ({ symbolId, day, bars: windows.reduce((sum, one) => sum + one, 0) })),
    );
  }

  /** The newest day that opens at `time` or before. */
  private dayAt(time: number): CountedDay | undefined {
    let [from, to] = [0, this.days.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.days[middle]!.grid.open <= time) to = middle;
      else from = middle + 1;
    }
    return this.days[from];
  }
}
