/**
 * Computes the expected derived bars from one-minute bars of the API, by one loop over the trading hours of each day.
 * It does not use the product's code.
 */
import type { ApiBar } from '../system/api.js';

const MINUTE_MS = 60_000;

/** The trading hours of a day, ISO 8601, `close` exclusive. */
export interface Hours {
  open: string;
  close: string;
}

/** 09:30 to 16:00 in New York on a date in summer time. */
export function regularHours(date: string): Hours {
  return { open: `${date}T13:30:00.000Z`, close: `${date}T20:00:00.000Z` };
}

/** Makes derived bars from one-minute bars. @param minutes length of a derived bar; Infinity: the whole day */
export function aggregatePlainly(bars: readonly ApiBar[], days: readonly Hours[], minutes: number): ApiBar[] {
  const derived: ApiBar[] = [];
  const times = bars.map(({ openTime }) => Date.parse(openTime));
  for (const day of days) {
    const close = Date.parse(day.close);
    for (let open = Date.parse(day.open); open < close;) {
      const end = Math.min(open + minutes * MINUTE_MS, close);
      const inside = bars.filter((_, i) => times[i]! >= open && times[i]! < end);
      if (inside.length > 0) derived.push(derivedBar(inside, open, end));
      open = end;
    }
  }
  return derived;
}

function derivedBar(bars: readonly ApiBar[], open: number, end: number): ApiBar {
  const expectedCount = (end - open) / MINUTE_MS;
  return {
    openTime: new Date(open).toISOString(),
    closeTime: new Date(end).toISOString(),
    open: bars[0]!.open,
    high: Math.max(...bars.map(({ high }) => high)),
    low: Math.min(...bars.map(({ low }) => low)),
    close: bars.at(-1)!.close,
    volume: bars.reduce((sum, { volume }) => sum + volume, 0),
    origin: 'derived',
    complete: bars.length === expectedCount,
    sourceCount: bars.length,
    expectedCount,
  };
}
