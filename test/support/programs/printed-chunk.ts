/** What `examples/read-from-python/read_chunk.py` must print for a day, computed from the bars of Barkeep's reader. */
import type { ShownBar } from '@barkeep/bars';
import type { OpenSession } from '@barkeep/session-data';

const MINUTE_MS = 60_000;
/** The intervals that the script reads. */
export const INTERVALS = ['1m', '5m'] as const;
type Interval = (typeof INTERVALS)[number];
const LENGTH_MS = { '1m': MINUTE_MS, '5m': 5 * MINUTE_MS };
/** Bars of a day. */
const SLOTS = { '1m': 390, '5m': 78 };
/** How the script prints averages. */
const FOUR_DECIMALS = { minimumFractionDigits: 4, maximumFractionDigits: 4, useGrouping: false };
/** Bars in the moving average that the script prints. */
const SMA_BARS = 20;

/** The closed bars of a day in March 2024, when New York opened at 14:30Z. */
export async function closedBars(
  session: OpenSession,
  symbol: string,
  interval: Interval,
  date: string,
): Promise<ShownBar[]> {
  const open = Date.parse(`${date}T14:30:00Z`);
  const bars = await session.barsBetween(symbol, interval, open, open + 390 * MINUTE_MS);
  // The reader also returns a forming bar, which is shorter.
  return bars.filter(({ openTime, closeTime }) => closeTime - openTime === LENGTH_MS[interval]);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The moving averages at the last four bars. A bar with fewer than 19 bars before it has none. */
function lastAverages(closes: readonly number[]): number[] {
  const counts = [3, 2, 1, 0].map((barsAgo) => closes.length - barsAgo).filter((count) => count >= SMA_BARS);
  return counts.map((count) => sum(closes.slice(count - SMA_BARS, count)) / SMA_BARS);
}

/** The summary that the script prints for these bars. */
export function summaryOf(bars: readonly ShownBar[], interval: Interval): string {
  const originCounts = (['streamed', 'backfilled', 'derived'] as const)
    .map((origin) => ({ origin, count: bars.filter((bar) => bar.origin === origin).length }))
    .filter(({ count }) => count > 0)
    .map(({ origin, count }) => `${count} ${origin}`);
  const closes = bars.map(({ close }) => close);
  const volume = sum(bars.map((bar) => bar.volume));
  const turnover = sum(bars.map(({ high, low, close, volume: traded }) => ((high + low + close) / 3) * traded));
  const text = (value: number) => value.toLocaleString('en-US', FOUR_DECIMALS);
  const partial = bars.filter(({ sourceCount, expectedCount }) => sourceCount < expectedCount).length;
  return [
    `${interval}: ${bars.length} of ${SLOTS[interval]} bars (${originCounts.join(', ')}; ${partial} partial)`,
    `  mean close    ${text(sum(closes) / closes.length)}`,
    `  VWAP          ${text(turnover / volume)} over a volume of ${volume.toLocaleString('en-US')}`,
    `  last SMA(20)  ${lastAverages(closes).map(text).join(' ') || 'too few bars'}`,
  ].join('\n');
}

/** The cells of a bar in the printed table: time, prices, volume. */
export function cellsOf({ openTime, open, high, low, close, volume }: ShownBar): string {
  const time = new Date(openTime).toLocaleTimeString('en-GB', {
    timeZone: 'America/New_York',
    hour: '2-digit',
    minute: '2-digit',
  });
  const prices = [open, high, low, close].map((price) => price.toFixed(2));
  return [time, ...prices, volume.toLocaleString('en-US')].join(' ');
}
