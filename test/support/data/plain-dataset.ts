/**
 * Reads an example's bars from PostgreSQL as plain objects, and makes five-minute bars from them by a loop. Tests compare the product with
 * this code, so it uses none of the product's.
 */
import type { ExampleRun } from '../programs/example-run.js';

export const FIVE_MINUTES_MS = 300_000;

export interface PlainBar {
  /** Open time, epoch ms. */
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

/** Bars by symbol. The symbols are in the order of their names, the bars of each in the order of time. */
export type PlainBars = ReadonlyMap<string, readonly PlainBar[]>;

/** The one-minute bars of a dataset. */
export async function barsOfDataset(example: ExampleRun, dataset: string): Promise<PlainBars> {
  const rows = await example.query<Omit<PlainBar, 'time'> & { symbol: string; time: Date }>(
    `SELECT s.name AS symbol, b.time, b.open, b.high, b.low, b.close, b.volume FROM bars b
       JOIN symbols s ON s.id = b.symbol_id JOIN datasets d ON d.id = b.dataset_id
       WHERE d.name = $1 ORDER BY s.name COLLATE "C", b.time`,
    [dataset],
  );
  const bars = new Map<string, PlainBar[]>();
  for (const { symbol, time, ...values } of rows) {
    if (!bars.has(symbol)) bars.set(symbol, []);
    bars.get(symbol)!.push({ time: time.getTime(), ...values });
  }
  return bars;
}

/** Five-minute bars of one symbol. Its trading hours must begin and end at a multiple of five minutes. */
export function fiveMinutes(bars: readonly PlainBar[]): PlainBar[] {
  const fives: PlainBar[] = [];
  for (const bar of bars) {
    const time = bar.time - (bar.time % FIVE_MINUTES_MS);
    const last = fives.at(-1);
    if (last?.time !== time) {
      fives.push({ ...bar, time });
      continue;
    }
    last.high = Math.max(last.high, bar.high);
    last.low = Math.min(last.low, bar.low);
    last.close = bar.close;
    last.volume += bar.volume;
  }
  return fives;
}
