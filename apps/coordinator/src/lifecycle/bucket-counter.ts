/**
 * Counts, for some trading days, the bars that each symbol will have at an interval: the buckets with a valid row. Finds slots and
 * refuses rows as the stream does. Rows may come in any order and from several datasets. No I/O.
 */
import type { readWindow } from '@barkeep/bar-repository';
import { bucketStarts, DayGrid, refuseValues, type Interval, type Prices, type TradingDay } from '@barkeep/bars';

/** Receives the rows of a read. */
type OnRow = Parameters<typeof readWindow>[2];

/** The number of bars of one symbol on one day. */
export interface DayCount {
  symbolId: number;
  /** Index of the day, counted back from the newest day of the history. */
  day: number;
  bars: number;
}

interface CountedDay {
  day: number;
  grid: DayGrid;
  /** The bucket of each base slot. */
  bucketOf: Int32Array;
  bucketCount: number;
  /** By symbol, one byte per bucket: 1 if the bucket has a bar. */
  filled: Map<number, Uint8Array>;
}

export class BucketCounter {
  /** Newest first. */
  private readonly days: readonly CountedDay[];

  /** @param days newest first @param firstDay index of `days[0]`, counted back from the newest day of the history */
  constructor(
    days: readonly TradingDay[],
    firstDay: number,
    base: Interval,
    interval: Interval,
    private readonly prices: Prices,
  ) {
    this.days = days.map((day, i) => {
      const grid = new DayGrid(day, base);
      const bucketOf = new Int32Array(grid.slotCount);
      const bucketGrid = new DayGrid(day, interval);
      // Each bucket fills the array from its first slot to the end; the next bucket overwrites the rest.
      bucketStarts(grid, bucketGrid).forEach((slot, bucket) => bucketOf.fill(bucket, slot));
      return { day: firstDay + i, grid, bucketOf, bucketCount: bucketGrid.slotCount, filled: new Map() };
    });
  }

  /** Adds one row (`time` in epoch ms); a row that no session would store is ignored. */
  readonly add: OnRow = (symbolId, time, open, high, low, close, volume) => {
    const counted = this.dayAt(time);
    const slot = counted?.grid.slotAt(time);
    if (!counted || typeof slot !== 'number') return;
    if (refuseValues(open, high, low, close, volume, this.prices) !== undefined) return;
    let filled = counted.filled.get(symbolId);
    if (!filled) {
      filled = new Uint8Array(counted.bucketCount);
      counted.filled.set(symbolId, filled);
    }
    filled[counted.bucketOf[slot]!] = 1;
  };

  /** The counts, newest day first; a symbol has no count for a day without bars. */
  counts(): DayCount[] {
    return this.days.flatMap(({ day, filled }) =>
      [...filled].map(([symbolId, flags]) => ({ symbolId, day, bars: flags.reduce((sum, flag) => sum + flag, 0) })),
    );
  }

  /** The newest day that opens at `time` or earlier, by binary search; undefined when all days open later. */
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
