/**
 * The strategy of the examples: hold a stake while the fast moving average of the closes is above the slow one. It is a
 * simple loop over arrays of bars, one symbol after another, without code of the product or the examples.
 */
import { fiveMinutes, type PlainBar } from './plain-dataset.js';

/** Dollars for which it buys one symbol. */
const STAKE = 10_000;
/** Cost of a trade, as a share of its value. */
const COST = 0.0002;

interface PlainTrade {
  /** Open time of the bar at whose open price it trades, epoch ms. */
  time: number;
  symbol: string;
  side: 'buy' | 'sell';
  price: number;
  quantity: number;
}

export interface PlainResult {
  /** In order of time, then of symbols. */
  trades: PlainTrade[];
  /** Profit of each symbol at the end, in dollars. */
  profits: ReadonlyMap<string, number>;
  /** Profit of all symbols after each five minutes. */
  equity: number[];
}

/**
 * Runs the strategy over five-minute bars.
 * @param minutes one-minute bars of regular New York hours
 * @param fast, slow lengths of the two averages, in five-minute bars
 */
export function plainSma(minutes: ReadonlyMap<string, readonly PlainBar[]>, fast: number, slow: number): PlainResult {
  const results = [...minutes].map(([symbol, bars]) => tradeSymbol(symbol, fiveMinutes(bars), fast, slow));
  const times = [...new Set(results.flatMap(({ profitAfter }) => [...profitAfter.keys()]))].sort((a, b) => a - b);
  const profits = new Map<string, number>();
  const equity = times.map((time) => {
    for (const { symbol, profitAfter } of results) {
      // Without a bar at this time a symbol keeps its profit, which is 0 before its first bar.
      profits.set(symbol, profitAfter.get(time) ?? profits.get(symbol) ?? 0);
    }
    return [...profits.values()].reduce((sum, profit) => sum + profit, 0);
  });
  const trades = results.flatMap((result) => result.trades).sort((a, b) => a.time - b.time);
  return { trades, profits, equity };
}

interface SymbolResult {
  symbol: string;
  trades: PlainTrade[];
  /** The profit by the open time of each bar, taken at the bar's close. */
  profitAfter: Map<number, number>;
}

function tradeSymbol(symbol: string, bars: readonly PlainBar[], fast: number, slow: number): SymbolResult {
  const closes = bars.map(({ close }) => close);
  const trades: PlainTrade[] = [];
  const profitAfter = new Map<number, number>();
  let held = 0;
  let cash = 0;
  const trade = (time: number, side: PlainTrade['side'], price: number, quantity: number): void => {
    trades.push({ time, symbol, side, price, quantity });
    const value = quantity * price;
    cash += (side === 'buy' ? -value : value) - value * COST;
    held = side === 'buy' ? quantity : 0;
  };
  bars.forEach(({ time, open, close }, i) => {
    // The decision uses only data up to the close of the previous bar.
    if (i >= slow) {
      const isUp = average(closes.slice(i - fast, i)) > average(closes.slice(i - slow, i));
      if (isUp && held === 0) trade(time, 'buy', open, Math.floor(STAKE / closes[i - 1]!));
      if (!isUp && held > 0) trade(time, 'sell', open, held);
    }
    profitAfter.set(time, cash + held * close);
  });
  return { symbol, trades, profitAfter };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
