/**
 * What a step delivers, as bytes, and the hash that chains them: two runs with the same hash saw the same bars at the same
 * simulated times.
 *
 *   h' = SHA-256(h ‖ time f64 ‖ bars ‖ names), little-endian, with for each interval, the base interval first, then the derived
 *   ones from the shortest to the longest, for each symbol in order of names, for each bar that closed in the step, oldest first:
 *   bars   open time f64 ‖ the 48 bytes of its stored record
 *   names  the interval's name ‖ 0x0a, then for each of its bars the symbol's name ‖ 0
 *
 * `h` is 32 zero bytes at first. A row of a mirror is what is hashed of a bar, and is made into an object only for whoever
 * looks at it. Pure.
 */
import { hash } from 'node:crypto';
import type { Interval, ShownBar } from '@barkeep/bars';
import { barOfRow, ROW_DOUBLES, type RowMemory } from '../mirror/columns.js';
import type { Holdings } from '../mirror/holdings.js';
import { ClosingRows } from './closing-rows.js';

const HASH_BYTES = 32;
const HEAD_DOUBLES = HASH_BYTES / 8 + 1;

/** The bars of one interval that a step delivered. Their rows are the mirror's own, which never change. */
export interface DeliveredPart {
  interval: Interval;
  /** The symbols that have bars in it, and how many bars there are up to the end of each. */
  symbols: readonly string[];
  ends: readonly number[];
  /** Where the rows of each symbol are, and the first of them. */
  memories: readonly RowMemory[];
  firsts: readonly number[];
}

/** What one step delivered. */
export interface Delivered {
  parts: readonly DeliveredPart[];
  /** Base bars among them. */
  bars: number;
}

/** Chains what steps deliver. */
export class DeliveredChain {
  /** What is hashed is put together here, step after step. */
  private scratch = scratchOf(1_024);
  private readonly closing = new Map<string, ClosingRows>();

  /** @param chained the hash of what was delivered before: 32 characters, a byte each */
  constructor(private chained: string) {}

  /** @param hex 64 digits */
  static from(hex: string): DeliveredChain {
    return new DeliveredChain(Buffer.from(hex, 'hex').toString('latin1'));
  }

  /** The hash of all that was delivered: 32 characters, a byte each; see {@link hexOf}. */
  get current(): string {
    return this.chained;
  }

  /** Delivers what the holdings have that closed in `(after, time]`, epoch ms, of these intervals in their order. */
  deliver(holdings: Holdings, intervals: readonly Interval[], after: number, time: number): Delivered {
    const parts: DeliveredPart[] = [];
    const found: ClosingRows[] = [];
    let [count, textBytes] = [0, 0];
    for (const interval of intervals) {
      const closing = this.closingOf(interval.name).find(holdings, after, time);
      const { symbols, ends, memories, text } = closing.list;
      count += closing.list.count;
      textBytes += text.length;
      parts.push({ interval, symbols, ends, memories, firsts: closing.firstRows() });
      found.push(closing);
    }
    this.chain(found, count, textBytes, time);
    return { parts, bars: found[0]?.list.count ?? 0 };
  }

  private chain(found: readonly ClosingRows[], rowCount: number, textBytes: number, time: number): void {
    const textAt = 8 * (HEAD_DOUBLES + rowCount * ROW_DOUBLES);
    if (this.scratch.bytes.length < textAt + textBytes) this.scratch = scratchOf((textAt + textBytes) >> 2);
    const { bytes, rows, doubles } = this.scratch;
    bytes.write(this.chained, 0, 'latin1');
    doubles[HEAD_DOUBLES - 1] = time;
    let [row, at] = [0, textAt];
    for (const closing of found) {
      closing.copyTo(rows, row);
      const { count, text } = closing.list;
      row += count;
      bytes.set(text, at);
      at += text.length;
    }
    this.chained = hash('sha256', new Uint8Array(bytes.buffer, 0, at), 'binary');
  }

  private closingOf(interval: string): ClosingRows {
    let closing = this.closing.get(interval);
    if (!closing) this.closing.set(interval, (closing = new ClosingRows(interval)));
    return closing;
  }
}

/** @param size in doubles */
function scratchOf(size: number) {
  const doubles = new Float64Array(size);
  const { buffer } = doubles;
  const rows: RowMemory = {
    doubles: doubles.subarray(HEAD_DOUBLES),
    words: new Uint32Array(buffer, 8 * HEAD_DOUBLES),
  };
  return { doubles, rows, bytes: Buffer.from(buffer) };
}

/** A hash of {@link DeliveredChain.current} as 64 hex digits. */
export function hexOf(chained: string): string {
  return Buffer.from(chained, 'latin1').toString('hex');
}

/**
 * Goes through the bars of a part, symbol by symbol, oldest first.
 * @param closeOf the close time of the bar that opens at a time, epoch ms
 */
export function eachBar(
  { symbols, ends, memories, firsts }: DeliveredPart,
  closeOf: (openTime: number) => number,
  visit: (symbol: string, bar: ShownBar) => void,
): void {
  symbols.forEach((symbol, i) => {
    const rows = memories[i]!;
    const first = firsts[i]!;
    const count = ends[i]! - (ends[i - 1] ?? 0);
    for (let row = first; row < first + count; row++) {
      visit(symbol, barOfRow(rows, row, closeOf(rows.doubles[row * ROW_DOUBLES]!)));
    }
  });
}
