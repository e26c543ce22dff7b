/** Three symbols on three trading days: 23 and 28 December 2015 with 390 slots, and a half day of 210 on 24 December. */
import { marketBars, type BarsBySymbol } from './market.js';

const DATES = { start: '2015-12-23', end: '2015-12-28' };
export const HALF_DAY_SYMBOLS = ['AAA', 'BRK/B', 'aaa'];

/** A session over the dataset `whole`. */
export const HALF_DAY_SPEC = {
  ...DATES,
  symbols: HALF_DAY_SYMBOLS,
  derivedIntervals: ['5m'],
  source: { type: 'dataset', dataset: 'whole' },
  upkeep: { enabled: false, barrier: 'none' },
};

/** All bars, except that AAA lacks the first ten minutes of the first day. */
export function halfDayMarket(): BarsBySymbol {
  const market = new Map(marketBars({ ...DATES, symbols: HALF_DAY_SYMBOLS, seed: 7 }));
  return market.set('AAA', market.get('AAA')!.slice(10));
}
