/**
 * Hashes what steps deliver, in a chain: two consumers with the same hash saw the same bars at the same simulated times.
 *
 *   h' = SHA-256(h ‖ time f64 ‖ bars ‖ names), little-endian; `h` starts as 32 zero bytes
 *   bars   for each bar that closed in the step: its open time f64 ‖ the 48 bytes of its stored record
 *   names  for each interval: its name ‖ 0x0a, then for each of its bars the symbol's name ‖ 0
 *
 * `bars` and `names` list the base interval first, then the derived intervals that closed a slot, from the shortest to the longest. The
 * bars of an interval are ordered by symbol, then by time. The chain hashes the rows of the mirror; bar objects are made only on access.
 * Does no I/O.
 */
import { hash } from 'node:crypto';
import type { ShownBar } from '@barkeep/bars';
import { barOfRow, type Holdings, lowerRow, openTimeOf } from '../mirror/index.js';
import type { DeliveredPart } from './interval-rows.js';
import { StepRows, type AssembledStep, type StepBatch } from './step-rows.js';

const HASH_BYTES = 32;
/** Length of what is hashed before the bars of a step: the earlier hash and the time, in doubles. */
const HEAD_DOUBLES = HASH_BYTES / 8 + 1;

/** Hashes one step after another. */
export class DeliveredChain {
  /** Assembles the bytes of a batch of steps. */
  private readonly rows = new StepRows(HEAD_DOUBLES);
  /** The steps of the last batch. */
  private batch: readonly AssembledStep[] = [];
  /** Index of the next step in `batch`. */
  private nextStep = 0;
  /** The hash of all steps so far, in latin1: one character per byte. */
  private chained: string;

  /** @param hex the hash of all earlier steps, 64 digits */
  constructor(hex: string) {
    this.chained = Buffer.from(hex, 'hex').toString('latin1');
  }

  /** The hash of all steps so far, for {@link hexOf}. */
  get current(): string {
    return this.chained;
  }

  /**
   * Delivers the next step, and adds it to the hash.
   * @param time the time of the step, epoch ms
   * @param upcoming returns a batch that starts with this step and whose bars are all loaded. Called when the last batch lacks the step
   * @returns one part per interval, the base interval first
   */
  deliver(holdings: Holdings, time: number, upcoming: () => StepBatch): readonly DeliveredPart[] {
    if (this.batch[this.nextStep]?.time !== time || !this.rows.isCurrent(holdings)) {
      this.batch = this.rows.assemble(holdings, upcoming());
      this.nextStep = 0;
    }
    const step = this.batch[this.nextStep++]!;
    this.hashStep(step);
    return step.parts;
  }

  private hashStep({ time, start, byteLength }: AssembledStep): void {
    const { bytes, doubles } = this.rows.memory;
    const startByte = 8 * start;
    bytes.write(this.chained, startByte, 'latin1');
    doubles[start + HEAD_DOUBLES - 1] = time; // the last double of the head
    // `binary` is another name of latin1.
    this.chained = hash('sha256', new Uint8Array(bytes.buffer, startByte, byteLength), 'binary');
  }
}

/** A hash of {@link DeliveredChain.current} as 64 hex digits. */
export function hexOf(chained: string): string {
  return Buffer.from(chained, 'latin1').toString('hex');
}

/** Visits the bars of a part, symbol by symbol, oldest first. @param closeOf returns the close time for an open time, both epoch ms */
export function eachBar(
  { list, openFrom, batchRows }: DeliveredPart,
  closeOf: (openTime: number) => number,
  visit: (symbol: string, bar: ShownBar) => void,
): void {
  list.symbols.forEach((symbol, i) => {
    const held = list.heldIndexes[i]!;
    const rows = batchRows.memories[held]!;
    const first = lowerRow(rows, batchRows.firsts[held]!, batchRows.ends[held]!, openFrom);
    const end = first + list.rowCounts[i]!;
    for (let row = first; row < end; row++) visit(symbol, barOfRow(rows, row, closeOf(openTimeOf(rows, row))));
  });
}
