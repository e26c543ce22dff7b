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
    let stride = this.headDoubles; // the space of a step, in doubles: enough for each step of the batch
    const copies: [IntervalRows, ClosedSlots][] = [];
    for (const interval of intervals) {
      const rows = this.rowsOf(holdings, interval);
      const isBase = interval === intervals[0]; // each step has a part of the base interval, even an empty one
      const closedSlots = closedSlotsOf(holdings.layout.grid(day, interval), after, times, isBase);
      stride += rows.doublesNeeded(closedSlots.slotsMax);
      copies.push([rows, closedSlots]);
    }
    if (this.memory.doubles.length < times.length * stride) this.memory = allocateMemory(times.length * stride);
    const steps: AssembledStep[] = [];
    const nextRows = new Int32Array(times.length); // where the next row of each step goes, in doubles
    for (let i = 0; i < times.length; i++) {
      steps.push({ time: times[i]!, parts: [], start: i * stride, byteLength: 0 });
      nextRows[i] = i * stride + this.headDoubles;
    }
    for (const [rows, closedSlots] of copies) {
      const parts = rows.copy(closedSlots, nextRows, this.memory); // moves `nextRows` to the end of the rows that it copies
      for (let i = 0; i < parts.length; i++) steps[closedSlots.stepIndexes[i]!]!.parts.push(parts[i]!);
    }
    for (let i = 0; i < steps.length; i++) steps[i]!.byteLength = this.addTexts(steps[i]!, DOUBLE_BYTES * nextRows[i]!);
    return steps;
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
