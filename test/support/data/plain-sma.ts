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
 * Runs the strategy over five-minute bars. @param minutes one-minute bars of regular New York hours @param fast length
 * of the average in five-minute bars, as `slow` is
 */
export function plainSma(minutes: ReadonlyMap<string, readonly PlainBar[]>, fast: number, slow: number): PlainResult {
  const symbols = [...minutes].map(([symbol, bars]) => oneSymbol(symbol, fiveMinutes(bars), fast, slow));
  const times = [...new Set(symbols.flatMap(({ profitAfter }) => [...profitAfter.keys()]))].sort((a, b) => a - b);
  const latest = new Map<string, number>();
  const equity = times.map((time) => {
    for (const { symbol, profitAfter } of symbols) latest.set(symbol, profitAfter.get(time) ?? latest.get(symbol) ?? 0);
    return [...latest.values()].reduce((sum, value) => sum + value, 0);
  });
  const trades = symbols.flatMap((one) => one.trades).sort((a, b) => a.time - b.time);
  return { trades, profits: latest, equity };
}

interface SymbolResult {
  symbol: string;
  trades: PlainTrade[];
  /** The profit by the open time of each bar, taken at the bar's close. */
  profitAfter: Map<number, number>;
}

function oneSymbol(symbol: string, bars: readonly PlainBar[], fast: number, slow: number): SymbolResult {
  const closes = bars.map(({ close }) => close);
  const trades: PlainTrade[] = [];
  const profitAfter = new Map<number, number>();
  let [held, cash] = [0, 0];
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
