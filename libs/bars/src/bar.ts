/** The bar, and the reasons for refusing one. Independent of where a bar comes from and where it is stored. Pure. */

/** Open, high, low, close and volume of one symbol over `[openTime, openTime + interval)`; times are epoch milliseconds, UTC. */
export interface Bar {
  openTime: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

/** How a stored bar got into its slot. */
export type BarOrigin = 'streamed' | 'backfilled' | 'derived' | 'historical';

/** What a read shows for an empty slot: nothing, or the last close before it. */
export const FILLS = ['none', 'forward'] as const;
export type Fill = (typeof FILLS)[number];

/** A bar that was read from a session store. */
export interface StoredBar extends Bar {
  /** End of the bar, exclusive, epoch ms. */
  closeTime: number;
  origin: BarOrigin;
  /** Index into the session's dataset list: 0 is the streaming source, then the backfill datasets in order. */
  dataset: number;
  /** Number of base bars that the bar is made of; 1 for a base bar. */
  sourceCount: number;
  /** Number of base slots that the bar covers; 1 for a base bar. */
  expectedCount: number;
  /** True when `sourceCount` equals `expectedCount`. */
  complete: boolean;
}

/** A bar that a reader gets: a stored one, or one that a read with `fill=forward` makes for an empty slot and that is never stored. */
export interface ShownBar extends Omit<StoredBar, 'origin'> {
  origin: BarOrigin | 'filled-forward';
}

/** Why a bar is refused. Stable: the API, the tables and the metrics show these names. */
export const REFUSAL_REASONS = [
  'not-finite',
  'negative-price',
  'negative-volume',
  'high-below-low',
  'open-outside-range',
  'close-outside-range',
  'zero-price',
  'off-grid', // its time is not the open of a slot
  'outside-calendar',
  'conflict', // another bar of the same time has other values
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** Which prices are valid: only positive ones, or also zero and negative ones (futures and spreads can trade below zero). */
export const PRICES = ['positive', 'any'] as const;
export type Prices = (typeof PRICES)[number];

/**
 * Why the values of a bar are invalid; undefined when they are valid. Volume may be fractional (crypto), but not negative.
 * With `positive` prices a bar may still open at 0 and rise, as the first bar of a spread or an index of returns does. Any other price
 * of 0 is refused: vendors write 0 for a minute without a trade or with bad data.
 */
export function refuseValues(
  open: number,
  high: number,
  low: number,
  close: number,
  volume: number,
  prices: Prices = 'positive',
): RefusalReason | undefined {
  // One test for all five in the usual case. A sum of finite numbers may overflow, so then each is tested.
  if (!Number.isFinite(open + high + low + close + volume)) {
    if (![open, high, low, close, volume].every(Number.isFinite)) return 'not-finite';
  }
  if (prices === 'positive' && (low < 0 || open < 0 || high < 0 || close < 0)) return 'negative-price';
  if (volume < 0) return 'negative-volume';
  if (high < low) return 'high-below-low';
  if (open < low || open > high) return 'open-outside-range';
  if (close < low || close > high) return 'close-outside-range';
  if (prices === 'positive' && low === 0 && (open > 0 || close === 0)) return 'zero-price';
  return undefined;
}

/** The latest open time, epoch ms. It is below the limit of a `Date`, 8.64e15, because calendars look at the days around a bar. */
const TIME_MAX = 8.6e15;

/** {@link refuseValues} for a bar object. An open time that is not a whole number of milliseconds, or far out of range, is `not-finite`. */
export function refuseBar(bar: Bar, prices: Prices = 'positive'): RefusalReason | undefined {
  if (!Number.isInteger(bar.openTime) || Math.abs(bar.openTime) > TIME_MAX) return 'not-finite';
  return refuseValues(bar.open, bar.high, bar.low, bar.close, bar.volume, prices);
}
