/**
 * Assembles the bytes that several consecutive steps (a run) hash, in one pass. The pass visits each symbol once and copies its rows
 * for all steps, because they lie next to each other; that is faster than visiting all symbols for each step. A run stays valid until
 * loaded rows change or the set of symbols changes. Does no I/O.
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
export interface StepRun {
  /** Index into the layout's days. */
  day: number;
  /** The first step delivers bars that closed after this time, epoch ms. */
  after: number;
  /** Time of each step, epoch ms. */
  times: readonly number[];
  /** In the order of delivery: the base interval first. A step skips every other interval that closes no slot in it. */
  intervals: readonly Interval[];
}

/** The bars of one interval that a step delivered, as references to rows of the mirror. These rows never change in place. */
export interface DeliveredPart {
  interval: Interval;
  list: StepSymbols;
  /** For each symbol, the first delivered bar is the first one that opens at this time or later, epoch ms. */
  from: number;
  rows: RunRows;
}

/** The rows of a run in the mirror: those of the i-th symbol are rows `[firsts[i], ends[i])` of `memories[i]`. */
interface RunRows {
  memories: readonly RowMemory[];
  firsts: Int32Array;
  ends: Int32Array;
}

/** What one step of a run delivers, and the place of its bytes in {@link StepRows.memory}. */
export interface StepRow {
  time: number;
  parts: DeliveredPart[];
  /** In doubles. */
  start: number;
  /** Length in bytes. */
  bytes: number;
}

/** Target size of a run. It fits the processor's cache, because rows are written symbol by symbol and read step by step. */
const RUN_BYTES = 256 * 1024;
const RUN_STEPS_MAX = 64;

/** Number of steps in a run. @param barsPerStep base bars that close in each step */
export function runSteps(barsPerStep: number): number {
  return Math.max(1, Math.min(RUN_STEPS_MAX, Math.floor(RUN_BYTES / (ROW_BYTES * Math.max(1, barsPerStep)))));
}

/**
 * Assembles one run after another; each reuses the memory of the run before. Uses loops instead of callbacks, because V8
 * compiles closures again for each session.
 */
export class StepRows {
  /** The bytes of the last run. */
  memory = allocateMemory(1_024);
  private readonly intervals = new Map<string, IntervalRows>();
  /** The holdings for which `intervals` is valid, and their version. */
  private validFor: { holdings: Holdings; rewrites: number } | undefined;

  /** @param headDoubles space that is left free before the rows of each step, in doubles */
  constructor(private readonly headDoubles: number) {}

  /** Whether the last run is still valid. Rows that were appended since then do not matter: they come after the run. */
  isCurrent(holdings: Holdings): boolean {
    return this.validFor?.holdings === holdings && this.validFor.rewrites === holdings.rewrites;
  }

  /** Writes a run to the memory: for each step the rows of all intervals, then their texts. */
  assemble(holdings: Holdings, run: StepRun): StepRow[] {
    if (!this.isCurrent(holdings)) {
      this.intervals.clear();
      this.validFor = { holdings, rewrites: holdings.rewrites };
    }
    const steps: StepRow[] = [];
    for (const time of run.times) steps.push({ time, parts: [], start: 0, bytes: 0 });
    const sizes = new Int32Array(steps.length).fill(this.headDoubles);
    const parts: [IntervalRows, ClosedSlots][] = [];
    for (const interval of run.intervals) {
      const rows = this.rowsOf(holdings, interval);
      const closed = closedIn(holdings.layout.grid(run.day, interval), run, interval === run.intervals[0]);
      for (let i = 0; i < closed.steps.length; i++) sizes[closed.steps[i]!]! += rows.doublesNeeded(closed.slots[i]!);
      parts.push([rows, closed]);
    }
    const places = this.place(steps, sizes);
    for (const [rows, closed] of parts) rows.copy(closed, places, this.memory, steps);
    for (let i = 0; i < steps.length; i++) steps[i]!.bytes = this.addTexts(steps[i]!, 8 * places[i]!);
    return steps;
  }

  /** Gives each step its place in the memory. @returns where the first row of each step goes, in doubles */
  private place(steps: readonly StepRow[], sizes: Int32Array): Int32Array {
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

  /** Writes the texts of a step from byte `at` on. @returns the length of the step, in bytes */
  private addTexts({ parts, start }: StepRow, at: number): number {
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

/** The steps of a run in which slots of one interval close. The arrays have one element per such step. */
interface ClosedSlots {
  /** Index of the step in the run. */
  steps: Int32Array;
  /** Number of slots that close in the step. */
  slots: Int32Array;
  /** Rows that open before this time belong to earlier steps, epoch ms. */
  after: number;
  /** Rows of the step open before this time, epoch ms. */
  limits: Float64Array;
}

/** @param includesEmpty also lists steps in which no slot of the interval closes */
function closedIn(grid: DayGrid, { after, times }: StepRun, includesEmpty: boolean): ClosedSlots {
  const steps = new Int32Array(times.length);
  const slots = new Int32Array(times.length);
  const limits = new Float64Array(times.length);
  let listed = 0;
  let closedBefore = grid.closedBy(after);
  for (let step = 0; step < times.length; step++) {
    const closed = grid.closedBy(times[step]!);
    if (closed === closedBefore && !includesEmpty) continue;
    steps[listed] = step;
    slots[listed] = closed - closedBefore;
    limits[listed++] = openLimit(grid, times[step]!);
    closedBefore = closed;
  }
  return {
    steps: steps.subarray(0, listed),
    slots: slots.subarray(0, listed),
    after: openLimit(grid, after),
    limits: limits.subarray(0, listed),
  };
}

/** Copies the rows of one interval, run after run. Its arrays are in the order of the holdings' symbols. */
class IntervalRows {
  private readonly series: readonly MirrorSeries[];
  /** Bytes of text when each symbol has one row. */
  private readonly textBytes: number;
  /** The row after the last run, by symbol. The next run probably starts there. */
  private ends: Int32Array;
  private list: StepSymbols | undefined;
  /** The row counts for which `list` was made, by symbol. */
  private readonly listCounts: Int32Array;
  /** The row counts of a run, step by step; within a step by symbol. */
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

  /** Space for the rows and texts of this many slots when every symbol has a bar in each slot, in doubles. */
  doublesNeeded(slots: number): number {
    const textBytes = Buffer.byteLength(this.interval.name) + 1 + slots * this.textBytes;
    return slots * this.series.length * ROW_DOUBLES + Math.ceil(textBytes / 8);
  }

  /** Copies the rows of each step to `places`, advances `places`, and adds the interval's part to each step. */
  copy(closed: ClosedSlots, places: Int32Array, into: RowMemory, run: readonly StepRow[]): void {
    const { interval, series, ends: guesses } = this;
    const { steps, limits, after } = closed;
    const width = series.length;
    if (this.counts.length < steps.length * width) this.counts = new Int32Array(steps.length * width);
    const rows = { memories: [] as RowMemory[], firsts: new Int32Array(width), ends: new Int32Array(width) };
    for (let i = 0; i < width; i++) {
      const { columns } = series[i]!;
      rows.memories.push(columns.rows);
      rows.firsts[i] = rowFrom(columns, guesses[i]!, after);
      rows.ends[i] = copyRows(columns, rows.firsts[i]!, closed, places, into, this.counts, i, width);
    }
    this.ends = rows.ends;
    for (let i = 0; i < steps.length; i++) {
      const from = i === 0 ? after : limits[i - 1]!;
      run[steps[i]!]!.parts.push({ interval, list: this.listOf(i * width), from, rows });
    }
  }

  /** The list of the step whose counts start at index `at`. */
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
 * Copies one symbol's rows, from row `first` on: those of each step to the step's element of `places`, which then moves to their end.
 * Writes the row count of the i-th step to `counts[at + i * width]`. @returns the row after the last copied one
 */
function copyRows(
  { rows: { doubles, words }, end }: BarColumns,
  first: number,
  { steps, limits }: ClosedSlots,
  places: Int32Array,
  { doubles: intoDoubles, words: intoWords }: RowMemory,
  counts: Int32Array,
  at: number,
  width: number,
): number {
  // An imported name is read through a getter, which the inner loop would call for each row.
  const [copy, rowDoubles] = [copyRow, ROW_DOUBLES];
  const last = end * rowDoubles;
  let from = first * rowDoubles;
  let row = first;
  for (let i = 0; i < limits.length; i++, at += width) {
    const limit = limits[i]!;
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
  const isAfterEarlier = guess > first && guess <= end && openTimeOf(rows, guess - 1) < time;
  return isAfterEarlier && (guess === end || openTimeOf(rows, guess) >= time) ? guess : columns.rowFrom(time);
}

/** @param size in doubles */
function allocateMemory(size: number): RowMemory & { bytes: Buffer } {
  const doubles = new Float64Array(size);
  const { buffer } = doubles;
  return { doubles, words: new Uint32Array(buffer), bytes: Buffer.from(buffer) };
}
