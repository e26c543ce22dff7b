/** Which symbols have rows in a step, and the text of them that is hashed. Pure. */
import type { Holdings } from '../mirror/index.js';

/** Which symbols have rows in a step, the same for as long as the same ones have as many. */
export interface RowList {
  /** In order of names, their places among all that are held, and how many rows there are up to the end of each. */
  symbols: readonly string[];
  places: readonly number[];
  ends: readonly number[];
  /** The interval's name ‖ 0x0a, then for each row the symbol's name ‖ 0. */
  text: Uint8Array;
  /** Number of rows. */
  count: number;
}

/** @param counts rows of each of the symbols */
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
