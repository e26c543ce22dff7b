/**
 * Assembles the rows of several steps at once (a run), in the order in which they are hashed. A run copies each symbol's rows
 * where they lie next to each other, which is faster than step by step; a step then only computes its hash. A run stays valid
 * until loaded rows change or the set of symbols changes. Pure.
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
  /** The first step delivers what closed after this time, epoch ms. */
  after: number;
  /** Time of each step, epoch ms. */
  times: readonly number[];
  /** In the order of delivery: first the base interval, which every step has. */
  intervals: readonly Interval[];
}

/** The bars of one interval that a step delivered. They refer to rows of the mirror, which never change in place. */
export interface DeliveredPart {
  interval: Interval;
  list: StepSymbols;
  /** The first rows open at this time or later, epoch ms. */
  from: number;
  rows: RunRows;
}

/** The rows of a run in the mirror, by symbol: from `firsts` to `ends`, end exclusive. */
export interface RunRows {
  memories: readonly RowMemory[];
  firsts: Int32Array;
  ends: Int32Array;
}

/** What one step of a run delivers, and its place in the memory of {@link StepRows}: `start` in doubles, `bytes` its length. */
export interface StepRow {
  time: number;
  parts: DeliveredPart[];
  start: number;
  bytes: number;
}

/** About the size of a run: it has to fit the processor's cache, because its rows are written in another order than they are read. */
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
  /** Holds the steps of the last run. */
  memory = allocateMemory(1_024);
  private readonly intervals = new Map<string, IntervalRows>();
  /** The version of the holdings that `intervals` refers to. */
  private held: { holdings: Holdings; rewrites: number } | undefined;

  /** @param headDoubles space that is left free before the rows of each step, in doubles */
  constructor(private readonly headDoubles: number) {}

  /** Whether the last run is still valid. Rows that were appended since do not matter: they come after it. */
  isCurrent(holdings: Holdings): boolean {
    return this.held?.holdings === holdings && this.held.rewrites === holdings.rewrites;
  }

  /** Writes a run to the memory: for each step the rows of all intervals, then their texts. */
  assemble(holdings: Holdings, run: StepRun): StepRow[] {
    if (!this.isCurrent(holdings)) {
      this.intervals.clear();
      this.held = { holdings, rewrites: holdings.rewrites };
    }
    const steps: StepRow[] = [];
    for (const time of run.times) steps.push({ time, parts: [], start: 0, bytes: 0 });
    const sizes = new Int32Array(steps.length).fill(this.headDoubles);
    const all: [IntervalRows, Closed][] = [];
    for (const interval of run.intervals) {
      const rows = this.rowsOf(holdings, interval);
      const closed = closedIn(holdings.layout.grid(run.day, interval), run, interval === run.intervals[0]);
      for (let i = 0; i < closed.steps.length; i++) sizes[closed.steps[i]!]! += rows.doublesNeeded(closed.slots[i]!);
      all.push([rows, closed]);
    }
    const places = this.place(steps, sizes);
    for (const [rows, closed] of all) rows.copy(closed, places, this.memory, steps);
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

/** The steps of a run in which slots of an interval close, and the number of slots in each. */
interface Closed {
  steps: Int32Array;
  slots: Int32Array;
  /** Rows that open before this time belong to earlier steps, epoch ms. */
  after: number;
  /** Rows of a step open before its limit, epoch ms. */
  limits: Float64Array;
}

/** @param always also lists steps in which no slot of the interval closes */
function closedIn(grid: DayGrid, { after, times }: StepRun, always: boolean): Closed {
  const steps = new Int32Array(times.length);
  const slots = new Int32Array(times.length);
  const limits = new Float64Array(times.length);
  let found = 0;
  let before = grid.closedBy(after);
  for (let step = 0; step < times.length; step++) {
    const closed = grid.closedBy(times[step]!);
    if (closed === before && !always) continue;
    steps[found] = step;
    slots[found] = closed - before;
    limits[found++] = openLimit(grid, times[step]!);
    before = closed;
  }
  return {
    steps: steps.subarray(0, found),
    slots: slots.subarray(0, found),
    after: openLimit(grid, after),
    limits: limits.subarray(0, found),
  };
}

/** The rows of one interval, run after run. */
class IntervalRows {
  private readonly series: readonly MirrorSeries[];
  /** Bytes of text of one row of each symbol. */
  private readonly textBytes: number;
  /** The row at which the run before ended, by symbol. The next run is likely to start there. */
  private ends: Int32Array;
  private list: StepSymbols | undefined;
  /** Rows in the list, by symbol. */
  private readonly listed: Int32Array;
  /** Rows in each step of a run, by symbol. */
  private counts = new Int32Array(0);

  constructor(
    private readonly interval: Interval,
    private readonly holdings: Holdings,
  ) {
    this.series = holdings.seriesOf(interval.name);
    this.textBytes = 0;
    for (const { symbol } of holdings.sorted) this.textBytes += Buffer.byteLength(symbol) + 1;
    this.ends = new Int32Array(this.series.length);
    this.listed = new Int32Array(this.series.length);
  }

  /** Size of all rows of this many slots and their text, in doubles. */
  doublesNeeded(slots: number): number {
    const textBytes = Buffer.byteLength(this.interval.name) + 1 + slots * this.textBytes;
    return slots * this.series.length * ROW_DOUBLES + Math.ceil(textBytes / 8);
  }

  /** Copies the rows of each step to `places`, advances `places`, and adds the interval's part to each step. */
  copy(closed: Closed, places: Int32Array, into: RowMemory, add: readonly StepRow[]): void {
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
      add[steps[i]!]!.parts.push({ interval, list: this.listOf(i * width), from, rows });
    }
  }

  /** The list of the step whose counts start at index `at`. */
  private listOf(at: number): StepSymbols {
    const { listed, list, counts } = this;
    let isSame = list !== undefined;
    for (let i = 0; i < listed.length; i++) {
      const count = counts[at + i]!;
      if (listed[i] === count) continue;
      listed[i] = count;
      isSame = false;
    }
    return isSame ? list! : (this.list = stepSymbols(this.interval.name, this.holdings.sorted, listed));
  }
}

/**
 * Copies one symbol's rows, from row `first` on, to `places` and advances it. Writes each step's row count to `counts`, from
 * index `at` on at stride `width`. @returns the row after the last copied one
 */
function copyRows(
  { rows: { doubles, words }, end }: BarColumns,
  first: number,
  { steps, limits }: Closed,
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
    const before = row;
    let to = places[steps[i]!]!;
    for (; from < last && doubles[from]! < limit; from += rowDoubles, to += rowDoubles, row++) {
      copy(doubles, words, from, intoDoubles, intoWords, to);
    }
    places[steps[i]!] = to;
    counts[at] = row - before;
  }
  return row;
}

/** The first row that opens at or after a time, epoch ms. Checks the guess before it searches. */
function rowFrom(columns: BarColumns, guess: number, time: number): number {
  const { rows, first, end } = columns;
  const isNext = guess > first && guess <= end && openTimeOf(rows, guess - 1) < time;
  return isNext && (guess === end || openTimeOf(rows, guess) >= time) ? guess : columns.rowFrom(time);
}

/** @param size in doubles */
function allocateMemory(size: number): RowMemory & { bytes: Buffer } {
  const doubles = new Float64Array(size);
  const { buffer } = doubles;
  return { doubles, words: new Uint32Array(buffer), bytes: Buffer.from(buffer) };
}
