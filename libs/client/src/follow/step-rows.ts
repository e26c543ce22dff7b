/**
 * Assembles the bytes that are hashed for several consecutive steps (a batch), in one pass. The caller fills the head of a step with what
 * identifies the step; a text names an interval and its symbols. Does no I/O.
 *
 *     step 0: head · rows of 1m · text of 1m               (no bar of 5m closes in this step)
 *     step 1: head · rows of 1m · rows of 5m · text of 1m · text of 5m
 */
import type { Interval } from '@barkeep/bars';
import { type Holdings, ROW_BYTES, type RowMemory } from '../mirror/index.js';
import { type ClosedSlots, closedSlotsOf } from './closed-slots.js';
import { type DeliveredPart, IntervalRows } from './interval-rows.js';

/** Consecutive steps of one day. */
export interface StepBatch {
  /** Index into the layout's days. */
  day: number;
  /** The first step delivers bars that closed after this time, epoch ms. */
  after: number;
  /** Time of each step, epoch ms. */
  times: readonly number[];
  /** In the order of delivery: the base interval first. A step leaves out a derived interval that closes no slot in it. */
  intervals: readonly Interval[];
}

/** What one step of a batch delivers, and the place of its bytes in {@link StepRows.memory}. */
export interface AssembledStep {
  /** Epoch ms. */
  time: number;
  parts: DeliveredPart[];
  /** Offset of its first byte in the memory, in doubles. */
  start: number;
  /** Number of its bytes. */
  byteLength: number;
}

/** Target size of a batch: it fits the processor's cache, because rows are written symbol by symbol and then read step by step. */
const BATCH_BYTES = 256 * 1024;
const BATCH_STEPS_MAX = 64;
const DOUBLE_BYTES = Float64Array.BYTES_PER_ELEMENT;

/** Maximum number of steps in a batch, at least 1. @param barsPerStep base bars that close in each step */
export function batchSteps(barsPerStep: number): number {
  return Math.max(1, Math.min(BATCH_STEPS_MAX, Math.floor(BATCH_BYTES / (ROW_BYTES * Math.max(1, barsPerStep)))));
}

/** Assembles one batch after another; each reuses the memory of the batch before. */
export class StepRows {
  /** The bytes of the last batch. */
  memory = allocateMemory(1_024);
  /** By name of the interval. */
  private readonly intervalRows = new Map<string, IntervalRows>();
  /** The holdings from which the last batch was made, and their `rewrites` at that time, which count every change of held rows. */
  private validFor: { holdings: Holdings; rewrites: number } | undefined;

  /** @param headDoubles size of a step's head, in doubles */
  constructor(private readonly headDoubles: number) {}

  /** Whether the rows of the last batch and the set of symbols are unchanged. Rows that were appended come after the batch. */
  isCurrent(holdings: Holdings): boolean {
    return this.validFor?.holdings === holdings && this.validFor.rewrites === holdings.rewrites;
  }

  /** Writes a batch to the memory, and leaves the heads free. */
  assemble(holdings: Holdings, { day, after, times, intervals }: StepBatch): AssembledStep[] {
    if (!this.isCurrent(holdings)) {
      this.intervalRows.clear();
      this.validFor = { holdings, rewrites: holdings.rewrites };
    }
    const steps: AssembledStep[] = [];
    for (const time of times) steps.push({ time, parts: [], start: 0, byteLength: 0 });
    // First computes the size of each step, then gives each step its place in the memory, then copies rows and texts there.
    const sizes = new Int32Array(steps.length).fill(this.headDoubles);
    const copies: [IntervalRows, ClosedSlots][] = [];
    for (const interval of intervals) {
      const rows = this.rowsOf(holdings, interval);
      const isBase = interval === intervals[0]; // each step has a part of the base interval, even an empty one
      const closedSlots = closedSlotsOf(holdings.layout.grid(day, interval), after, times, isBase);
      const { stepIndexes, slotCounts } = closedSlots;
      for (let i = 0; i < stepIndexes.length; i++) sizes[stepIndexes[i]!]! += rows.doublesNeeded(slotCounts[i]!);
      copies.push([rows, closedSlots]);
    }
    const nextRows = this.allocate(steps, sizes);
    for (const [rows, closedSlots] of copies) {
      const parts = rows.copy(closedSlots, nextRows, this.memory); // moves `nextRows` to the end of the rows that it copies
      for (let i = 0; i < parts.length; i++) steps[closedSlots.stepIndexes[i]!]!.parts.push(parts[i]!);
    }
    for (let i = 0; i < steps.length; i++) steps[i]!.byteLength = this.addTexts(steps[i]!, DOUBLE_BYTES * nextRows[i]!);
    return steps;
  }

  /** Sets `start` of each step. @param sizes of the steps, in doubles @returns where the first row of each step goes, in doubles */
  private allocate(steps: readonly AssembledStep[], sizes: Int32Array): Int32Array {
    const firstRows = new Int32Array(steps.length);
    let end = 0;
    for (let i = 0; i < steps.length; i++) {
      steps[i]!.start = end;
      firstRows[i] = end + this.headDoubles;
      end += sizes[i]!;
    }
    if (this.memory.doubles.length < end) this.memory = allocateMemory(end);
    return firstRows;
  }

  /** Writes the texts of a step from byte `end` of the memory on. @returns the length of the whole step, in bytes */
  private addTexts({ parts, start }: AssembledStep, end: number): number {
    for (const { list } of parts) {
      this.memory.bytes.set(list.text, end);
      end += list.text.length;
    }
    return end - DOUBLE_BYTES * start;
  }

  private rowsOf(holdings: Holdings, interval: Interval): IntervalRows {
    let rows = this.intervalRows.get(interval.name);
    if (!rows) this.intervalRows.set(interval.name, (rows = new IntervalRows(interval, holdings)));
    return rows;
  }
}

/** One memory as doubles, words of four bytes and bytes. @param size in doubles */
function allocateMemory(size: number): RowMemory & { bytes: Buffer } {
  const doubles = new Float64Array(size);
  const { buffer } = doubles;
  return { doubles, words: new Uint32Array(buffer), bytes: Buffer.from(buffer) };
}
