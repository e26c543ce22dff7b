/**
 * Hashes what steps deliver, in a chain: two runs with the same hash saw the same bars at the same simulated times.
 *
 *   h' = SHA-256(h ‖ time f64 ‖ bars ‖ names), little-endian, with for each interval, the base interval first, then the derived
 *   ones from the shortest to the longest, for each symbol in order of names, for each bar that closed in the step, oldest first:
 *   bars   open time f64 ‖ the 48 bytes of its stored record
 *   names  the interval's name ‖ 0x0a, then for each of its bars the symbol's name ‖ 0
 *
 * `h` starts as 32 zero bytes. The rows of the mirror are hashed as they are; bar objects are made only on access. Pure.
 */
import { hash } from 'node:crypto';
import type { ShownBar } from '@barkeep/bars';
import { barOfRow, type Holdings, lowerRow, openTimeOf } from '../mirror/index.js';
import { StepRows, type DeliveredPart, type StepRow, type StepRun } from './step-rows.js';

const HASH_BYTES = 32;
const HEAD_DOUBLES = HASH_BYTES / 8 + 1;

/** What one step delivered. */
export interface DeliveredStep {
  parts: readonly DeliveredPart[];
  /** Number of base bars among them. */
  bars: number;
}

/** Hashes step after step. */
export class DeliveredChain {
  /** Assembles the bytes of several steps at once. */
  private readonly rows = new StepRows(HEAD_DOUBLES);
  private steps: readonly StepRow[] = [];
  private next = 0;

  private chained: string;

  /** @param hex the hash of the steps before, 64 digits */
  constructor(hex: string) {
    this.chained = Buffer.from(hex, 'hex').toString('latin1');
  }

  /** The hash of all steps so far: 32 characters, a byte each; see {@link hexOf}. */
  get current(): string {
    return this.chained;
  }

  /**
   * Delivers the next step.
   * @param time of the step, epoch ms
   * @param upcoming returns a run that starts with this step; all of its bars must be loaded
   */
  deliver(holdings: Holdings, time: number, upcoming: () => StepRun): DeliveredStep {
    if (this.steps[this.next]?.time !== time || !this.rows.isCurrent(holdings)) {
      this.steps = this.rows.assemble(holdings, upcoming());
      this.next = 0;
    }
    const step = this.steps[this.next++]!;
    this.chain(step);
    return { parts: step.parts, bars: step.parts[0]?.list.rowCount ?? 0 };
  }

  private chain({ time, start, bytes: length }: StepRow): void {
    const { bytes, doubles } = this.rows.memory;
    bytes.write(this.chained, 8 * start, 'latin1');
    doubles[start + HEAD_DOUBLES - 1] = time;
    this.chained = hash('sha256', new Uint8Array(bytes.buffer, 8 * start, length), 'binary');
  }
}

/** A hash of {@link DeliveredChain.current} as 64 hex digits. */
export function hexOf(chained: string): string {
  return Buffer.from(chained, 'latin1').toString('hex');
}

/**
 * Visits the bars of a part, symbol by symbol, oldest first.
 * @param closeOf returns the close time for an open time, both epoch ms
 */
export function eachBar(
  { list: { symbols, indexes, ends }, from, rows }: DeliveredPart,
  closeOf: (openTime: number) => number,
  visit: (symbol: string, bar: ShownBar) => void,
): void {
  symbols.forEach((symbol, i) => {
    const index = indexes[i]!;
    const memory = rows.memories[index]!;
    const first = lowerRow(memory, rows.firsts[index]!, rows.ends[index]!, from);
    const count = ends[i]! - (ends[i - 1] ?? 0);
    for (let row = first; row < first + count; row++) {
      visit(symbol, barOfRow(memory, row, closeOf(openTimeOf(memory, row))));
    }
  });
}
