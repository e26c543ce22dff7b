/** Lists the symbols that have rows in a step, and makes the text that is hashed for those rows. Pure. */
import type { Holdings } from '../mirror/index.js';

/**
 * The symbols with rows (bars of one interval) in a step, sorted by name. Consecutive steps refer to the same object when each symbol has
 * the same number of rows in both (interval-rows.ts).
 */
export interface StepSymbols {
  symbols: readonly string[];
  /** Index of each symbol among all held symbols. */
  heldIndexes: readonly number[];
  /** Number of rows of each symbol. */
  rowCounts: readonly number[];
  /** Number of rows of all symbols. */
  rowCount: number;
  /** What is hashed, as UTF-8: the interval's name and a line feed, then for each row its symbol's name and a NUL byte. */
  text: Uint8Array;
}

/** Makes the list of one step. @param held all held symbols, sorted by name @param counts each held symbol's number of rows in the step */
export function stepSymbols(interval: string, held: Holdings['sorted'], counts: Int32Array): StepSymbols {
  const symbols: string[] = [];
  const heldIndexes: number[] = [];
  const rowCounts: number[] = [];
  let rowCount = 0;
  let text = `${interval}\n`;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i]!;
    if (count === 0) continue;
    const { symbol } = held[i]!;
    text += `${symbol}\0`.repeat(count);
    symbols.push(symbol);
    heldIndexes.push(i);
    rowCounts.push(count);
    rowCount += count;
  }
  return { symbols, heldIndexes, rowCounts, rowCount, text: Buffer.from(text) };
}
