/** Lists the symbols that have rows in a step, and makes the text that is hashed for those rows. Pure. */
import type { Holdings } from '../mirror/index.js';

/**
 * The symbols with rows (bars of one interval) in a step. Consecutive steps refer to the same list when each symbol has the same number of
 * rows in both (step-rows.ts).
 */
export interface StepSymbols {
  /** Sorted by name. */
  symbols: readonly string[];
  /** Index of each symbol among all held symbols. */
  indexes: readonly number[];
  /** For each symbol, the number of its rows plus the rows of all symbols before it. */
  ends: readonly number[];
  /** What is hashed, as UTF-8: the interval's name and a line feed, then for each row its symbol's name and a NUL byte. */
  text: Uint8Array;
  /** Number of rows of all symbols. */
  rowCount: number;
}

/** Makes the list of one step. @param held all held symbols, sorted by name @param counts each held symbol's number of rows in the step */
export function stepSymbols(interval: string, held: Holdings['sorted'], counts: Int32Array): StepSymbols {
  const symbols: string[] = [];
  const indexes: number[] = [];
  const ends: number[] = [];
  let text = `${interval}\n`;
  let rowCount = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i]!;
    if (count === 0) continue;
    const { symbol } = held[i]!;
    text += `${symbol}\0`.repeat(count);
    symbols.push(symbol);
    indexes.push(i);
    rowCount += count;
    ends.push(rowCount);
  }
  return { symbols, indexes, ends, text: Buffer.from(text), rowCount };
}
