/** Derived bars computed plainly, without the product's code: what reads must show. */
import type { Bar, ShownBar, TradingDay } from '@barkeep/bars';

const MINUTE_MS = 60_000;

/** The time of one derived bar, epoch ms, end exclusive. */
export interface PlainBucket {
  open: number;
  close: number;
}

/** The buckets of an interval on these days, oldest first. @param minutes of the interval; Infinity for whole trading days */
export function plainBuckets(days: readonly TradingDay[], minutes: number): PlainBucket[] {
  const buckets: PlainBucket[] = [];
  for (const { segments } of days) {
    const spans = minutes === Infinity ? [{ open: segments[0]!.open, close: segments.at(-1)!.close }] : segments;
    for (const span of spans) {
      for (let open = span.open; open < span.close; open += minutes * MINUTE_MS)
        buckets.push({ open, close: Math.min(open + minutes * MINUTE_MS, span.close) });
    }
  }
  return buckets;
}

/** The bar that a reader sees of a bucket at a clock; undefined when no minute bar of the bucket is visible. */
export function plainDerivedBar(
  days: readonly TradingDay[],
  { open, close }: PlainBucket,
  bars: readonly Bar[],
  clock: number,
): ShownBar | undefined {
  const isTraded = (time: number) =>
    days.some(({ segments }) => segments.some((segment) => time >= segment.open && time < segment.close));
  const parts = bars.filter(({ openTime }) => openTime >= open && openTime < close && openTime + MINUTE_MS <= clock);
  if (parts.length === 0) return undefined;
  let expectedCount = 0;
  for (let time = open; time < close; time += MINUTE_MS) if (isTraded(time)) expectedCount++;
  // A forming bar ends at the clock, or before a break that contains the clock.
  let closeTime = Math.min(close, clock - (clock % MINUTE_MS));
  while (!isTraded(closeTime - MINUTE_MS)) closeTime -= MINUTE_MS;
  return {
    openTime: open,
    closeTime,
    open: parts[0]!.open,
    close: parts.at(-1)!.close,
    high: Math.max(...parts.map(({ high }) => high)),
    low: Math.min(...parts.map(({ low }) => low)),
    volume: parts.reduce((sum, { volume }) => sum + volume, 0),
    origin: 'derived',
    sourceCount: parts.length,
    expectedCount,
    dataset: 0,
    complete: close <= clock && parts.length === expectedCount,
  };
}
