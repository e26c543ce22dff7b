/**
 * Hashes what steps deliver, in a chain: two runs with the same hash saw the same bars at the same simulated times.
 *
 *   h' = SHA-256(h ‖ time f64 ‖ bars ‖ names), little-endian; `h` starts as 32 zero bytes
 *   bars   for each bar that closed in the step: its open time f64 ‖ the 48 bytes of its stored record
 *   names  for each interval: its name ‖ 0x0a, then for each of its bars the symbol's name ‖ 0
 *
 * Both list the base interval first, then the derived ones that closed a slot, from the shortest to the longest. The bars of an interval
 * are ordered by symbol, then by time. The chain hashes the rows of the mirror; bar objects are made only on access. Does no I/O.
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

/** Hashes one step after another. */
export class DeliveredChain {
  /** Assembles the bytes of several steps at once. */
  private readonly run = new StepRows(HEAD_DOUBLES);
  private runSteps: readonly StepRow[] = [];
  /** Index of the next step in `runSteps`. */
  private nextStep = 0;
  private chained: string;

  /** @param hex the hash of all earlier steps, 64 digits */
  constructor(hex: string) {
    this.chained = Buffer.from(hex, 'hex').toString('latin1');
  }

  /** The hash of all steps so far, as 32 characters of one byte each; see {@link hexOf}. */
  get current(): string {
    return this.chained;
  }

  /**
   * Delivers the next step.
   * @param time the time of the step, epoch ms
   * @param upcoming returns a run that starts with this step; all bars of the run must be loaded
   */
  deliver(holdings: Holdings, time: number, upcoming: () => StepRun): DeliveredStep {
    if (this.runSteps[this.nextStep]?.time !== time || !this.run.isCurrent(holdings)) {
      this.runSteps = this.run.assemble(holdings, upcoming());
      this.nextStep = 0;
    }
    const step = this.runSteps[this.nextStep++]!;
    this.hashStep(step);
    return { parts: step.parts, bars: step.parts[0]?.list.rowCount ?? 0 };
  }

  private hashStep({ time, start, bytes: length }: StepRow): void {
    const { bytes, doubles } = this.run.memory;
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
