/** The words that calendars answer in. Ranges exclude their end; times are epoch ms UTC. */

/** An uninterrupted run of trading, `[open, close)` in epoch ms UTC. */
export interface Segment {
  open: number;
  close: number;
}

/** What a venue trades under one trading date `YYYY-MM-DD`; the first segment may begin on the evening before it. */
export interface TradingDay {
  date: string;
  segments: readonly Segment[];
}

/** Regular trading alone, or with pre- and after-market around it. */
export type Hours = 'regular' | 'extended';
