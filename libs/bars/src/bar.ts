/**
 * The bar, as it travels through Barkeep, and the reasons for which one is refused.
 * Pure values: nothing here knows where a bar comes from or where it is kept.
 */

/** Open, high, low, close and volume of one symbol over `[openTime, openTime + interval)`; times are epoch milliseconds, UTC. */
export interface Bar {
  openTime: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

/** A bar with its symbol, as repositories and importers hand it over. */
export interface SymbolBar extends Bar {
  symbol: string;
}

/** How a stored bar came into its slot. */
export type BarOrigin = 'streamed' | 'backfilled' | 'derived' | 'historical';

/**
 * What a bar may be shown as. `filled-forward` has no number in a chunk and is never stored: it is made of an empty slot
 * when somebody who reads asks for it.
 */
export type ShownOrigin = BarOrigin | 'filled-forward';

/** What is shown in place of empty slots: nothing, or the last close before them. */
export type Fill = 'none' | 'forward';
export const FILLS = ['none', 'forward'] as const satisfies readonly Fill[];

/** A bar as it is read from a session store. */
export interface StoredBar extends Bar {
  /** End of the bar, exclusive, epoch ms. */
  closeTime: number;
  origin: BarOrigin;
  /** Index into the session's dataset list: 0 is the streaming source, then the backfill datasets in order. */
  dataset: number;
  /** Base bars that went in; 1 for a base bar. */
  sourceCount: number;
  /** Base bars that the calendar expects in it; 1 for a base bar. */
  expectedCount: number;
  /** True when every expected base bar went in. */
  complete: boolean;
}

/** A bar as a reader gets it: a stored one, or one that was made for an empty slot. */
export interface ShownBar extends Omit<StoredBar, 'origin'> {
  origin: ShownOrigin;
}

/** Why a bar is refused. Stable: the API, the tables and the metrics show these words. */
export const REFUSAL_REASONS = [
  'not-finite',
  'negative-price',
  'negative-volume',
  'high-below-low',
  'open-outside-range',
  'close-outside-range',
  'off-grid',
  'outside-calendar',
  'conflict',
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/**
 * Says why the values of a bar cannot be right, or nothing when they can.
 * Prices may be zero, not negative; volume may be fractional (crypto).
 */
export function refuseValues(
  open: number,
  high: number,
  low: number,
  close: number,
  volume: number,
): RefusalReason | undefined {
  // One comparison for the five: a sum of finite numbers is finite unless it overflows, which no price does.
  if (!Number.isFinite(open + high + low + close + volume)) return 'not-finite';
  if (low < 0 || open < 0 || high < 0 || close < 0) return 'negative-price';
  if (volume < 0) return 'negative-volume';
  if (high < low) return 'high-below-low';
  if (open < low || open > high) return 'open-outside-range';
  if (close < low || close > high) return 'close-outside-range';
  return undefined;
}

/** {@link refuseValues} for a bar object; a time that is no whole number of milliseconds is `not-finite`. */
export function refuseBar(bar: Bar): RefusalReason | undefined {
  if (!Number.isSafeInteger(bar.openTime)) return 'not-finite';
  return refuseValues(bar.open, bar.high, bar.low, bar.close, bar.volume);
}
