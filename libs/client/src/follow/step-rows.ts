/**
 * The rows that close in the next steps of a session, put together for a run of steps at once and in the order in which they are
 * hashed: a symbol's rows are read where they lie next to each other, and all that is left to do for a step is its hash. Good
 * until rows that were there change, or other symbols are held. Pure.
 */
import type { DayGrid, Interval } from '@barkeep/bars';
import {
  type BarColumns,
  type BarSeries,
  copyRow,
  type Holdings,
  openLimit,
  openTimeOf,
  ROW_BYTES,
  ROW_DOUBLES,
  type RowMemory,
} from '../mirror/index.js';
import { rowList, type RowList } from './row-list.js';

/** Steps one after another, on one day. */
export interface StepRun {
  /** Index into the layout's days. */
  day: number;
  /** What closed after it, epoch ms, is in the first step. */
  after: number;
  /** Of each step, epoch ms. */
  times: readonly number[];
  /** In the order in which those that close with a step are delivered: the base interval first, which is in every step. */
  intervals: readonly Interval[];
}

/** The bars of one interval that a step delivered. Their rows are the mirror's own, which never change. */
export interface DeliveredPart {
  interval: Interval;
  list: RowList;
  /** The first of them open at this time or later, epoch ms. */
  from: number;
  rows: RunRows;
}

/** Where the rows of a run are, of each symbol that is held: they begin at a row and end before another. */
export interface RunRows {
  memories: readonly RowMemory[];
  firsts: Int32Array;
  ends: Int32Array;
}

/** What one step of a run delivers, and where it lies in the memory of {@link StepRows}, in doubles and in bytes. */
export interface StepRow {
  time: number;
  parts: DeliveredPart[];
  start: number;
  bytes: number;
}

/** Bytes of rows that are put together at once, about: they are written step after step, which only a cache bears. */
const RUN_BYTES = 256 * 1024;
const RUN_STEPS_MAX = 64;

/** How many steps are put together at once where so many base bars close in each. */
export function runSteps(barsAStep: number): number {
  return Math.max(1, Math.min(RUN_STEPS_MAX, Math.floor(RUN_BYTES / (ROW_BYTES * Math.max(1, barsAStep)))));
}

/**
 * Puts runs of steps together, one after another; each takes the memory of the one before. Loops, not callbacks: those are made, and
 * compiled, anew for each session.
 */
export class StepRows {
  /** Where the steps of the last run lie. */
  memory = memoryOf(1_024);
  private readonly intervals = new Map<string, IntervalRows>();
  /** Of what held the rows of the intervals are. */
  private held: { holdings: Holdings; rewrites: number } | undefined;

  /** @param headDoubles left free before the rows of each step */
  constructor(private readonly headDoubles: number) {}

  /** Whether what was put together last is good still: rows that were appended since come after it. */
  isGood(holdings: Holdings): boolean {
    return this.held?.holdings === holdings && this.held.rewrites === holdings.rewrites;
  }

  /** Finds what the steps of a run deliver, and writes it to the memory: of each step the rows of all intervals, then their texts. */
  putTogether(holdings: Holdings, run: StepRun): StepRow[] {
    if (!this.isGood(holdings)) {
      this.intervals.clear();
      this.held = { holdings, rewrites: holdings.rewrites };
    }
    const steps: StepRow[] = [];
    for (const time of run.times) steps.push({ time, parts: [], start: 0, bytes: 0 });
    const room = new Int32Array(steps.length).fill(this.headDoubles);
    const all: [IntervalRows, Closed][] = [];
    for (const interval of run.intervals) {
      const rows = this.rowsOf(holdings, interval);
      const closed = closedIn(holdings.layout.grid(run.day, interval), run, interval === run.intervals[0]);
      for (let i = 0; i < closed.steps.length; i++) room[closed.steps[i]!]! += rows.doublesFor(closed.slots[i]!);
      all.push([rows, closed]);
    }
    const places = this.placed(steps, room);
    for (const [rows, closed] of all) rows.copy(closed, places, this.memory, steps);
    for (let i = 0; i < steps.length; i++) steps[i]!.bytes = this.addTexts(steps[i]!, 8 * places[i]!);
    return steps;
  }

  /** Gives each step its place in the memory, with so much room. @returns where its first row goes, in doubles */
  private placed(steps: readonly StepRow[], room: Int32Array): Int32Array {
    const places = new Int32Array(steps.length);
    let end = 0;
    for (let i = 0; i < steps.length; i++) {
      steps[i]!.start = end;
      places[i] = end + this.headDoubles;
      end += room[i]!;
    }
    if (this.memory.doubles.length < end) this.memory = memoryOf(end);
    return places;
  }

  /** Writes the texts of a step from a byte on. @returns how long the step is, in bytes */
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

/** In which steps of a run slots of an interval close, and how many in each. */
interface Closed {
  steps: Int32Array;
  slots: Int32Array;
  /** Rows that open before it belong to earlier steps, and of each step those that open before its own to it, epoch ms. */
  after: number;
  limits: Float64Array;
}

/** @param always a step of which no slot closes counts, too */
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
  private readonly series: readonly BarSeries[];
  /** Bytes of text of one row of each symbol. */
  private readonly textBytes: number;
  /** Where the run before ended, by symbol: where the next one is most likely to begin. */
  private ends: Int32Array;
  private list: RowList | undefined;
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

  /** Room for all rows of so many slots and their text, in doubles. */
  doublesFor(slots: number): number {
    const textBytes = Buffer.byteLength(this.interval.name) + 1 + slots * this.textBytes;
    return slots * this.series.length * ROW_DOUBLES + Math.ceil(textBytes / 8);
  }

  /** Copies the rows to where `places` says, moves that on, and adds to each step what it has of the interval. */
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

  /** The list of a step whose counts are there from `at` on. */
  private listOf(at: number): RowList {
    const { listed, list, counts } = this;
    let isSame = list !== undefined;
    for (let i = 0; i < listed.length; i++) {
      const count = counts[at + i]!;
      if (listed[i] === count) continue;
      listed[i] = count;
      isSame = false;
    }
    return isSame ? list! : (this.list = rowList(this.interval.name, this.holdings.sorted, listed));
  }
}

/**
 * Copies the rows of a symbol from a row on to where `places` says, and moves that on; how many each step has is put into every so
 * many of `counts`, from `at` on. @returns the row after them
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
  const last = end * ROW_DOUBLES;
  let from = first * ROW_DOUBLES;
  let row = first;
  for (let i = 0; i < limits.length; i++, at += width) {
    const limit = limits[i]!;
    const before = row;
    let to = places[steps[i]!]!;
    for (; from < last && doubles[from]! < limit; from += ROW_DOUBLES, to += ROW_DOUBLES, row++) {
      copyRow(doubles, words, from, intoDoubles, intoWords, to);
    }
    places[steps[i]!] = to;
    counts[at] = row - before;
  }
  return row;
}

/** The row that opens at or after a time, epoch ms; at once when it is the one that it is guessed to be. */
function rowFrom(columns: BarColumns, guess: number, time: number): number {
  const { rows, first, end } = columns;
  const isNext = guess > first && guess <= end && openTimeOf(rows, guess - 1) < time;
  return isNext && (guess === end || openTimeOf(rows, guess) >= time) ? guess : columns.rowFrom(time);
}

/** @param size in doubles */
function memoryOf(size: number): RowMemory & { bytes: Buffer } {
  const doubles = new Float64Array(size);
  const { buffer } = doubles;
  return { doubles, words: new Uint32Array(buffer), bytes: Buffer.from(buffer) };
}
