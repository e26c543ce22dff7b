/**
 * A market that reveals data from the future. Every minute has a higher high, a lower low and more volume than all
 * minutes before it, and each day's prices are far above those of the day before. So a bar with data from after its
 * close has wrong values. Computes everything without the product's code.
 */
import type { Bar } from '@barkeep/bars';
import type { ApiBar } from '../system/api.js';
import { tradingDays, type BarsBySymbol } from '../data/market.js';

const MINUTE_MS = 60_000;
/** Added to all prices of the first, the second, … day. */
const DAY_PRICES = [0, 1e6, 1e9, 1e12];

/** The session's dates: the second day closes early, and a holiday comes after it. */
export const CANARY_DATES = { start: '2013-07-02', end: '2013-07-05' };

/** The fields of a bar that every way to read it has; times in epoch ms. */
type SeenBar = Pick<Bar, 'openTime' | 'open' | 'high' | 'low' | 'close' | 'volume'> & {
  closeTime: number;
  sourceCount: number;
};

/** Values of the session up to a limit: the highest high and the lowest low (null before the first bar), and the volume. */
interface Total {
  high: number | null;
  low: number | null;
  volume: number;
}

/** Open times of all minutes, and the day of each. */
const MINUTES = tradingDays(CANARY_DATES).flatMap(({ segments }, day) =>
  segments.flatMap(({ open, close }) =>
    Array.from({ length: (close - open) / MINUTE_MS }, (_, i) => ({ openTime: open + i * MINUTE_MS, day })),
  ),
);

/** Number of minutes of the session. */
export const CANARY_MINUTES = MINUTES.length;

/** When the minutes close, in order. */
export const CANARY_CLOSE_TIMES = MINUTES.map(({ openTime }) => openTime + MINUTE_MS);

/** The bar of minute `n`. The steps of `high` and `low` are exact in binary, so comparisons need no tolerance. */
function barOf(n: number): Bar {
  const { openTime, day } = MINUTES[n]!;
  const price = DAY_PRICES[day]! + n + 1;
  return { openTime, open: price, high: price + 0.25, low: 0.5 - n / 4_096, close: price, volume: n + 1 };
}

/** Number of minutes that close at `time` or before, by bisection. */
export function minutesBy(time: number): number {
  let [low, high] = [0, CANARY_MINUTES];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (CANARY_CLOSE_TIMES[middle]! <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The same bars for every symbol. */
export function canaryMarket(symbols: readonly string[]): BarsBySymbol {
  return new Map(symbols.map((symbol) => [symbol, MINUTES.map((_, n) => barOf(n))]));
}

/** Checks values that a test read. Each check throws when a value contains data from after its time. */
export class Canary {
  /** Number of checks. A test expects some, because a test that read nothing proves nothing. */
  looks = 0;

  /**
   * @param bar a bar of any interval; undefined is not counted
   * @param limit nothing that closes after it may be seen, epoch ms
   * @param where how the bar was read, for the error message
   */
  look(bar: SeenBar | undefined, limit: number, where: string): void {
    if (!bar) return;
    this.looks++;
    if (!isOfItsTime(bar) || bar.closeTime > limit) throw new FutureSeenError(where, limit, bar);
  }

  lookAll(bars: Iterable<SeenBar>, limit: number, where: string): void {
    for (const bar of bars) this.look(bar, limit, where);
  }

  lookApi(bars: readonly ApiBar[], limit: number, where: string): void {
    for (const { openTime, closeTime, ...bar } of bars) {
      this.look({ ...bar, openTime: Date.parse(openTime), closeTime: Date.parse(closeTime) }, limit, where);
    }
  }

  lookTotal(total: Total, limit: number, where: string): void {
    this.looks++;
    if (!isOfMinutes(total, minutesBy(limit))) throw new FutureSeenError(where, limit, total);
  }

  /** A number of bars of any interval: at most one for each closed minute. */
  lookCount(count: number, limit: number, where: string): void {
    this.looks++;
    if (count > minutesBy(limit)) throw new FutureSeenError(where, limit, { count });
  }

  /** Close prices, the newest last. */
  lookCloses(closes: Float64Array, limit: number, where: string): void {
    this.looks++;
    const closed = minutesBy(limit);
    const newest = closes.at(-1);
    if (newest === undefined) return;
    if (closed === 0 || newest > barOf(closed - 1).close) throw new FutureSeenError(where, limit, { newest });
  }
}

/** A read returned data from the future. */
class FutureSeenError extends Error {
  constructor(where: string, limit: number, seen: object) {
    super(`${where}: expected no data after ${new Date(limit).toISOString()}, was ${JSON.stringify(seen)}`);
  }
}

/** Whether a bar has only data of the minutes `[from, to)` of its time. Data of later minutes would exceed one of the bounds. */
function isOfItsTime(bar: SeenBar): boolean {
  const [from, to] = [minutesBy(bar.openTime), minutesBy(bar.closeTime)];
  if (to <= from) return false;
  const [first, last] = [barOf(from), barOf(to - 1)];
  return (
    bar.open >= first.open &&
    bar.close <= last.close &&
    bar.high <= last.high &&
    bar.low >= last.low &&
    bar.sourceCount <= to - from &&
    bar.volume <= volumeOf(from, to)
  );
}

/** Whether a total has only data of the session's first minutes. @param count of these minutes */
function isOfMinutes({ high, low, volume }: Total, count: number): boolean {
  if (count === 0) return high === null && low === null && volume === 0;
  const newest = barOf(count - 1);
  return (high ?? -Infinity) <= newest.high && (low ?? Infinity) >= newest.low && volume <= volumeOf(0, count);
}

/** Volume of the minutes `[from, to)`. Minute `n` has the volume `n + 1`, so this is a difference of triangular numbers. */
function volumeOf(from: number, to: number): number {
  return (to * (to + 1) - from * (from + 1)) / 2;
}
