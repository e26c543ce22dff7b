/**
 * Counts, for some trading days, the buckets of an interval in which each symbol has at least one bar that a session would
 * store. It uses the same slots and refusals as the stream, so the count equals the bars of the stream. Rows may come in any
 * order and from several datasets. Pure.
 */
import { DayGrid, refuseValues, bucketStarts, type Interval, type Prices, type TradingDay } from '@barkeep/bars';

/** Bars of one symbol on one day. */
export interface DayCount {
  symbolId: number;
  /** Index of the day in the given list, from `first`. */
  day: number;
  bars: number;
}

interface CountedDay {
  day: number;
  grid: DayGrid;
  /** The bucket of each base slot. */
  bucketOf: Int32Array;
  buckets: number;
  /** By symbol, one byte for each bucket: 1 when it has a bar. */
  found: Map<number, Uint8Array>;
}

export class WindowCounter {
  /** Newest first, as the days are. */
  private readonly days: readonly CountedDay[];

  /** @param days newest first @param first index of the first of them */
  constructor(
    days: readonly TradingDay[],
    first: number,
    base: Interval,
    interval: Interval,
    private readonly prices: Prices,
  ) {
    this.days = days.map((day, i) => {
      const grid = new DayGrid(day, base);
      const bucketOf = new Int32Array(grid.slotCount);
      const buckets = new DayGrid(day, interval);
      bucketStarts(grid, buckets).forEach((slot, bucket) => bucketOf.fill(bucket, slot));
      return { day: first + i, grid, bucketOf, buckets: buckets.slotCount, found: new Map() };
    });
  }

  /** Adds one row; a row that no session would store is ignored. */
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
    if (refuseValues(open, high, low, close, volume, this.prices) !== undefined) return;
    let found = counted.found.get(symbolId);
    if (!found) counted.found.set(symbolId, (found = new Uint8Array(counted.buckets)));
    found[counted.bucketOf[slot]!] = 1;
  };

  /** Newest day first; symbols and days without a bar are left out. */
  counts(): DayCount[] {
    return this.days.flatMap(({ day, found }) =>
      [...found].map(([symbolId, buckets]) => ({ symbolId, day, bars: buckets.reduce((sum, one) => sum + one, 0) })),
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
