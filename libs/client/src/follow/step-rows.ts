/**
 * Assembles the bytes that are hashed for several consecutive steps (a batch), in one pass. The pass visits each symbol once and copies its
 * rows for all steps. The rows of a symbol lie next to each other, so this is faster than visiting all symbols for each step. A batch stays
 * valid until loaded rows change or the set of symbols changes. Does no I/O.
 */
import type { DayGrid, Interval } from '@barkeep/bars';
import {
  type BarColumns,
  type MirrorSeries,
  copyRow,
  type Holdings,
  openLimit,
  openTimeOf,
  ROW_BYTES,
  ROW_DOUBLES,
  type RowMemory,
} from '../mirror/index.js';
import { stepSymbols, type StepSymbols } from './step-symbols.js';

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

/** The bars of one interval that a step delivered, as references to rows of the mirror. These rows never change in place. */
export interface DeliveredPart {
  interval: Interval;
  /** The symbols with bars, and how many bars each has. */
  list: StepSymbols;
  /** The first delivered bar of each symbol is its first bar that opens at this time or later, epoch ms. */
  from: number;
  /** The rows of the whole batch. */
  rows: BatchRows;
}

/** The rows of a batch in the mirror: those of the i-th held symbol are rows `[firsts[i], ends[i])` of `memories[i]`. */
interface BatchRows {
  memories: readonly RowMemory[];
  firsts: Int32Array;
  ends: Int32Array;
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

/**
 * Assembles one batch after another; each reuses the memory of the batch before. Uses loops instead of callbacks, because V8
 * compiles closures again for each session.
 */
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
    const steps: AssembledStep[] = [];
    for (const time of batch.times) steps.push({ time, parts: [], start: 0, byteLength: 0 });
    const sizes = new Int32Array(steps.length).fill(this.headDoubles);
    const parts: [IntervalRows, ClosedSlots][] = [];
    for (const interval of batch.intervals) {
      const rows = this.rowsOf(holdings, interval);
      const isBase = interval === batch.intervals[0]; // each step has a part of the base interval, even an empty one
      const closedSlots = closedSlotsOf(holdings.layout.grid(batch.day, interval), batch, isBase);
      const { steps: indexes, slots } = closedSlots;
      for (let i = 0; i < indexes.length; i++) sizes[indexes[i]!]! += rows.doublesNeeded(slots[i]!);
      parts.push([rows, closedSlots]);
    }
    const places = this.allocate(steps, sizes);
    for (const [rows, closedSlots] of parts) rows.copy(closedSlots, places, this.memory, steps);
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

/** The steps of a batch in which slots of one interval close. The arrays have one element per such step. */
interface ClosedSlots {
  /** Index of the step in the batch. */
  steps: Int32Array;
  /** Number of slots that close in the step. */
  slots: Int32Array;
  /** Rows of the first step open at this time or later, epoch ms. */
  openFrom: number;
  /** Rows of the step open before this time, epoch ms. The rows of the next step open at this time or later. */
  openBefore: Float64Array;
}

/** @param includesEmpty also lists steps in which no slot of the interval closes */
function closedSlotsOf(grid: DayGrid, { after, times }: StepBatch, includesEmpty: boolean): ClosedSlots {
  const steps = new Int32Array(times.length);
  const slots = new Int32Array(times.length);
  const openBefore = new Float64Array(times.length);
  let listed = 0;
  let closedBefore = grid.closedBy(after);
  for (let step = 0; step < times.length; step++) {
    const closedNow = grid.closedBy(times[step]!);
    if (closedNow === closedBefore && !includesEmpty) continue;
    steps[listed] = step;
    slots[listed] = closedNow - closedBefore;
    openBefore[listed++] = openLimit(grid, times[step]!);
    closedBefore = closedNow;
  }
  return {
    steps: steps.subarray(0, listed),
    slots: slots.subarray(0, listed),
    openFrom: openLimit(grid, after),
    openBefore: openBefore.subarray(0, listed),
  };
}

/** Copies the rows of one interval, batch after batch. Its arrays are in the order of the holdings' symbols. */
class IntervalRows {
  private readonly series: readonly MirrorSeries[];
  /** Bytes of text when each symbol has one row. */
  private readonly textBytes: number;
  /** By symbol, the row after the last batch. The next batch probably starts there. */
  private ends: Int32Array;
  /** The list of the last step. */
  private list: StepSymbols | undefined;
  /** By symbol, the row counts from which `list` was made. */
  private readonly listCounts: Int32Array;
  /** The row counts of a batch, step by step; within a step by symbol. */
  private counts = new Int32Array(0);

  constructor(
    private readonly interval: Interval,
    private readonly holdings: Holdings,
  ) {
    this.series = holdings.seriesOf(interval.name);
    this.textBytes = 0;
    for (const { symbol } of holdings.sorted) this.textBytes += Buffer.byteLength(symbol) + 1;
    this.ends = new Int32Array(this.series.length);
    this.listCounts = new Int32Array(this.series.length);
  }

  /** Space for the rows and texts of this many slots, in doubles: enough for a bar of every symbol in each slot. */
  doublesNeeded(slots: number): number {
    const textBytes = Buffer.byteLength(this.interval.name) + 1 + slots * this.textBytes;
    return slots * this.series.length * ROW_DOUBLES + Math.ceil(textBytes / 8);
  }

  /**
   * Copies the rows of each step to the step's offset in `places`, in doubles, and moves this offset to their end. Adds the
   * interval's part to each step.
   */
  copy(closedSlots: ClosedSlots, places: Int32Array, into: RowMemory, batch: readonly AssembledStep[]): void {
    const { interval, series, ends: guesses } = this;
    const { steps, openFrom, openBefore } = closedSlots;
    const width = series.length;
    if (this.counts.length < steps.length * width) this.counts = new Int32Array(steps.length * width);
    const rows = { memories: [] as RowMemory[], firsts: new Int32Array(width), ends: new Int32Array(width) };
    for (let i = 0; i < width; i++) {
      const { columns } = series[i]!;
      rows.memories.push(columns.rows);
      rows.firsts[i] = rowFrom(columns, guesses[i]!, openFrom);
      rows.ends[i] = copyRows(columns, rows.firsts[i]!, closedSlots, places, into, this.counts, i, width);
    }
    this.ends = rows.ends;
    for (let i = 0; i < steps.length; i++) {
      const from = i === 0 ? openFrom : openBefore[i - 1]!;
      batch[steps[i]!]!.parts.push({ interval, list: this.listOf(i * width), from, rows });
    }
  }

  /** The list of the step whose row counts start at `counts[at]`: the last list again when the row counts are the same. */
  private listOf(at: number): StepSymbols {
    const { listCounts, list, counts } = this;
    let isSame = list !== undefined;
    for (let i = 0; i < listCounts.length; i++) {
      const count = counts[at + i]!;
      if (listCounts[i] === count) continue;
      listCounts[i] = count;
      isSame = false;
    }
    return isSame ? list! : (this.list = stepSymbols(this.interval.name, this.holdings.sorted, listCounts));
  }
}

/**
 * Copies one symbol's rows, from row `first` on. The rows of a step go to the step's offset in `places`, which moves to their end.
 * Writes the row count of the i-th step to `counts[at + i * width]`. @returns the row after the last copied one
 */
function copyRows(
  { rows: { doubles, words }, end }: BarColumns,
  first: number,
  { steps, openBefore }: ClosedSlots,
  places: Int32Array,
  { doubles: intoDoubles, words: intoWords }: RowMemory,
  counts: Int32Array,
  at: number,
  width: number,
): number {
  // Local copies: in the compiled module, an imported name is a getter, which the inner loop would call for each row.
  const [copy, rowDoubles] = [copyRow, ROW_DOUBLES];
  const last = end * rowDoubles;
  let from = first * rowDoubles;
  let row = first;
  for (let i = 0; i < openBefore.length; i++, at += width) {
    const limit = openBefore[i]!;
    const firstRow = row;
    let to = places[steps[i]!]!;
    for (; from < last && doubles[from]! < limit; from += rowDoubles, to += rowDoubles, row++) {
      copy(doubles, words, from, intoDoubles, intoWords, to);
    }
    places[steps[i]!] = to;
    counts[at] = row - firstRow;
  }
  return row;
}

/** The first row that opens at or after a time, epoch ms. Checks `guess` first, and searches only when the guess is wrong. */
function rowFrom(columns: BarColumns, guess: number, time: number): number {
  const { rows, first, end } = columns;
  const isAfterEarlierRows = guess > first && guess <= end && openTimeOf(rows, guess - 1) < time;
  return isAfterEarlierRows && (guess === end || openTimeOf(rows, guess) >= time) ? guess : columns.rowFrom(time);
}

/** @param size in doubles */
function allocateMemory(size: number): RowMemory & { bytes: Buffer } {
  const doubles = new Float64Array(size);
  const { buffer } = doubles;
  return { doubles, words: new Uint32Array(buffer), bytes: Buffer.from(buffer) };
}
