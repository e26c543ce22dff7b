/** Two datasets that are equal on the first of two days, and differ on the second: two futures of one past. */
import type { Bar } from '@barkeep/bars';
import { marketBars, tradingDays, type BarsBySymbol } from './market.js';

export const FUTURE_DATES = { start: '2013-10-07', end: '2013-10-08' };
const [first, second] = tradingDays(FUTURE_DATES);
export const FIRST_DATE = first!.date;
export const SECOND_DATE = second!.date;
/** The close of the first day: the futures begin after it. */
export const FIRST_CLOSE = first!.segments.at(-1)!.close;
export const SECOND_CLOSE = second!.segments.at(-1)!.close;
export const FUTURE_SYMBOLS = ['AAA', 'BBB', 'CCC'];
/** The minutes of the first day that each dataset lacks: every seventeenth of 390. */
const isHole = (minute: number) => minute % 17 === 3;
/** Number of these minutes. */
export const HOLES_OF_PAST = 23;
export const FUTURES = ['one', 'two'] as const;
export type Future = (typeof FUTURES)[number];

/** All bars of both days. The future `one` lacks some of them. */
export const PAST = marketBars({ ...FUTURE_DATES, symbols: FUTURE_SYMBOLS, seed: 11 });
const OTHER_MARKET = marketBars({ ...FUTURE_DATES, symbols: FUTURE_SYMBOLS, seed: 99 });

/** The bars of a dataset: the first day with holes, and the second day of its future. */
export function datasetOf(future: Future): BarsBySymbol {
  const secondDay = future === 'one' ? secondDayOfOne : secondDayOfTwo;
  return new Map(
    FUTURE_SYMBOLS.map((symbol) => {
      const firstDay = PAST.get(symbol)!.filter(({ openTime }, minute) => openTime < FIRST_CLOSE && !isHole(minute));
      return [symbol, [...firstDay, ...secondDay(symbol)]];
    }),
  );
}

/** Every nineteenth minute is missing. */
function secondDayOfOne(symbol: string): Bar[] {
  return afterClose(PAST, symbol).filter((_, minute) => minute % 19 !== 0);
}

/** Other bars than those of the first future: every fifth is missing, and there is an hour of rows at night. CCC has none. */
function secondDayOfTwo(symbol: string): Bar[] {
  if (symbol === 'CCC') return [];
  const bars = afterClose(OTHER_MARKET, symbol);
  const [open, minuteMs] = [bars[0]!.openTime, 60_000];
  // Minutes 300 to 359 before the open.
  const night = bars.slice(0, 60).map((bar, i) => ({ ...bar, openTime: open - (i + 300) * minuteMs }));
  return [...night, ...bars.filter((_, minute) => minute % 5 !== 0)];
}

function afterClose(market: BarsBySymbol, symbol: string): Bar[] {
  return market.get(symbol)!.filter(({ openTime }) => openTime >= FIRST_CLOSE);
}
