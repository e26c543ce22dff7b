/**
 * Assembles the bytes that are hashed for several consecutive steps (a batch), in one pass. A batch stays valid until loaded rows change or
 * the set of symbols changes. Does no I/O.
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

/** Target size of a batch. It fits the processor's cache, because rows are written symbol by symbol and read step by step. */
const BATCH_BYTES = 256 * 1024;
const BATCH_STEPS_MAX = 64;

/** Maximum number of steps in a batch, at least 1. @param barsPerStep base bars that close in each step */
export function batchSteps(barsPerStep: number): number {
  return Math.max(1, Math.min(BATCH_STEPS_MAX, Math.floor(BATCH_BYTES / (ROW_BYTES * Math.max(1, barsPerStep)))));
}

/** Assembles one batch after another; each reuses the memory of the batch before. */
export class StepRows {
  /** The bytes of the last batch. */
  memory = allocateMemory(1_024);
  private readonly intervals = new Map<string, IntervalRows>();
  /** The holdings from which `intervals` was made, and their `rewrites` at that time. */
  private validFor: { holdings: Holdings; rewrites: number } | undefined;

  /** @param headDoubles space that is left free before the rows of each step, in doubles */
  constructor(private readonly headDoubles: number) {}

  /** Whether the last batch is still valid. Rows that were appended since then do not matter: they come after the batch. */
  isCurrent(holdings: Holdings): boolean {
    return this.validFor?.holdings === holdings && this.validFor.rewrites === holdings.rewrites;
  }

  /** Writes a batch to the memory: for each step the rows of all intervals, then the texts of all intervals. */
  assemble(holdings: Holdings, batch: StepBatch): AssembledStep[] {
    if (!this.isCurrent(holdings)) {
      this.intervals.clear();
      this.validFor = { holdings, rewrites: holdings.rewrites };
    }
    const { after, times } = batch;
    const steps: AssembledStep[] = [];
    for (const time of times) steps.push({ time, parts: [], start: 0, byteLength: 0 });
    const sizes = new Int32Array(steps.length).fill(this.headDoubles);
    const parts: [IntervalRows, ClosedSlots][] = [];
    for (const interval of batch.intervals) {
      const rows = this.rowsOf(holdings, interval);
      const isBase = interval === batch.intervals[0]; // each step has a part of the base interval, even an empty one
      const closedSlots = closedSlotsOf(holdings.layout.grid(batch.day, interval), after, times, isBase);
      const { steps: indexes, slots } = closedSlots;
      for (let i = 0; i < indexes.length; i++) sizes[indexes[i]!]! += rows.doublesNeeded(slots[i]!);
      parts.push([rows, closedSlots]);
    }
    const places = this.allocate(steps, sizes);
    for (const [rows, closedSlots] of parts) {
      const delivered = rows.copy(closedSlots, places, this.memory);
      for (let i = 0; i < delivered.length; i++) steps[closedSlots.steps[i]!]!.parts.push(delivered[i]!);
    }
    // Now `places` has the end of each step's rows.
    for (let i = 0; i < steps.length; i++) steps[i]!.byteLength = this.addTexts(steps[i]!, 8 * places[i]!);
    return steps;
  }

  /** Sets `start` of each step. @param sizes of the steps, in doubles @returns where the first row of each step goes, in doubles */
  private allocate(steps: readonly AssembledStep[], sizes: Int32Array): Int32Array {
    const places = new Int32Array(steps.length);
    let end = 0;
    for (let i = 0; i < steps.length; i++) {
      steps[i]!.start = end;
      places[i] = end + this.headDoubles;
      end += sizes[i]!;
    }
    if (this.memory.doubles.length < end) this.memory = allocateMemory(end);
    return places;
  }

  /** Writes the texts of a step from byte `at` of the memory on. @returns the length of the step, in bytes */
  private addTexts({ parts, start }: AssembledStep, at: number): number {
    for (const { list } of parts) {
      this.memory.bytes.set(list.text, at);
      at += list.text.length;
    }
    return at - 8 * start;
  }

  private rowsOf(holdings: Holdings, interval: Interval): IntervalRows {
    let rows = this.intervals.get(interval.name);
    if (!rows) this.intervals.set(interval.name, (rows = new IntervalRows(interval, holdings)));
    return rows;
  }
}

/** @param size in doubles */
function allocateMemory(size: number): RowMemory & { bytes: Buffer } {
  const doubles = new Float64Array(size);
  const { buffer } = doubles;
  return { doubles, words: new Uint32Array(buffer), bytes: Buffer.from(buffer) };
}
