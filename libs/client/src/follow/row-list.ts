/** Lists the symbols that have rows in a step, with the text of them that is hashed. Pure. */
import type { Holdings } from '../mirror/index.js';

/** The symbols of a step. Consecutive steps share one list when each symbol has the same number of rows in both. */
export interface RowList {
  /** In order of names. `places` are their indexes among all held symbols, `ends` the number of rows up to the end of each. */
  symbols: readonly string[];
  places: readonly number[];
  ends: readonly number[];
  /** The interval's name ‖ 0x0a, then for each row the symbol's name ‖ 0. */
  text: Uint8Array;
  /** Number of rows. */
  count: number;
}

/** @param counts number of rows of each symbol of `all` */
export function rowList(interval: string, all: Holdings['sorted'], counts: Int32Array): RowList {
  const symbols: string[] = [];
  const places: number[] = [];
  const ends: number[] = [];
  let text = `${interval}\n`;
  let rows = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i]!;
    if (count === 0) continue;
    const { symbol } = all[i]!;
    text += `${symbol}\0`.repeat(count);
    symbols.push(symbol);
    places.push(i);
    ends.push((rows += count));
  }
  return { symbols, places, ends, text: Buffer.from(text), count: rows };
}
