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
import type { ShownBar } from '@barkeep/bars';
import { barOfRow, ROW_DOUBLES, type RowMemory } from '../mirror/columns.js';
import type { Holdings } from '../mirror/holdings.js';
import { putTogether, type DeliveredPart, type StepRun } from './step-rows.js';

const HASH_BYTES = 32;
const HEAD_DOUBLES = HASH_BYTES / 8 + 1;

/** What one step delivered. */
export interface Delivered {
  parts: readonly DeliveredPart[];
  /** Base bars among them. */
  bars: number;
}

/** Chains what steps deliver. */
export class DeliveredChain {
  /** What is hashed is put together here, of some steps at once. */
  private scratch = scratchOf(1_024);
  private run: ReturnType<typeof putTogether> | undefined;
  private next = 0;
  /** What was held when the run was put together. */
  private held: { holdings: Holdings; rewrites: number } | undefined;

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

  /**
   * Delivers the next step.
   * @param time of the step, epoch ms
   * @param upcoming is asked for this step and, if it likes, those after it, all of which are loaded
   */
  deliver(holdings: Holdings, time: number, upcoming: () => StepRun): Delivered {
    if (!this.isReady(holdings, time)) {
      this.run = putTogether(holdings, upcoming(), (doubles) => this.room(doubles), HEAD_DOUBLES);
      this.next = 0;
      this.held = { holdings, rewrites: holdings.rewrites };
    }
    const { steps, starts, lengths } = this.run!;
    const { parts } = steps[this.next]!;
    this.chain(time, starts[this.next]!, lengths[this.next]!);
    this.next++;
    return { parts, bars: parts[0]?.list.count ?? 0 };
  }

  /** Whether the next step is among those that were put together, of what is held now: rows that were appended since come after them. */
  private isReady(holdings: Holdings, time: number): boolean {
    const { held, run, next } = this;
    return held?.holdings === holdings && held.rewrites === holdings.rewrites && run?.steps[next]?.time === time;
  }

  private chain(time: number, start: number, length: number): void {
    const { bytes, doubles } = this.scratch;
    bytes.write(this.chained, 8 * start, 'latin1');
    doubles[start + HEAD_DOUBLES - 1] = time;
    this.chained = hash('sha256', new Uint8Array(bytes.buffer, 8 * start, length), 'binary');
  }

  private room(doubles: number) {
    if (this.scratch.doubles.length < doubles) this.scratch = scratchOf(2 * doubles);
    return this.scratch;
  }
}

/** @param size in doubles */
function scratchOf(size: number) {
  const doubles = new Float64Array(size);
  const { buffer } = doubles;
  const rows: RowMemory = { doubles, words: new Uint32Array(buffer) };
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
  { list: { symbols, places, ends }, memories, firsts, at }: DeliveredPart,
  closeOf: (openTime: number) => number,
  visit: (symbol: string, bar: ShownBar) => void,
): void {
  symbols.forEach((symbol, i) => {
    const place = places[i]!;
    const rows = memories[place]!;
    const first = firsts[at + place]!;
    const count = ends[i]! - (ends[i - 1] ?? 0);
    for (let row = first; row < first + count; row++) {
      visit(symbol, barOfRow(rows, row, closeOf(rows.doubles[row * ROW_DOUBLES]!)));
    }
  });
}
