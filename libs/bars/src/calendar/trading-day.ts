/** The types that calendars return. Ranges exclude their end; times are epoch ms UTC. */

/** An uninterrupted run of trading, `[open, close)` in epoch ms UTC. */
export interface Segment {
  open: number;
  close: number;
}

/** The segments of one trading date `YYYY-MM-DD`; the first one may open on the previous evening. */
export interface TradingDay {
  date: string;
  segments: readonly Segment[];
}

/** Regular trading alone, or with pre- and after-market. */
export type Hours = 'regular' | 'extended';
