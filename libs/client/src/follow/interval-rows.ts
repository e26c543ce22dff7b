/**
 * Copies the rows of one interval for the steps of a batch. The rows of a symbol lie next to each other, so one visit per symbol is faster
 * than a visit of all symbols for each step. Uses loops instead of callbacks, because V8 compiles closures again for each session.
 */
import type { Interval } from '@barkeep/bars';
import {
  type BarColumns,
  copyRow,
  type Holdings,
  type MirrorSeries,
  openTimeOf,
  ROW_DOUBLES,
  type RowMemory,
} from '../mirror/index.js';
import type { ClosedSlots } from './closed-slots.js';
import { stepSymbols, type StepSymbols } from './step-symbols.js';

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

/** Works on one batch after another. Its arrays are in the order of the holdings' symbols. */
export class IntervalRows {
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
   * Copies the rows of each listed step to its offset in `places`, in doubles, and moves this offset to their end.
   * @returns what each listed step delivers
   */
  copy(closedSlots: ClosedSlots, places: Int32Array, into: RowMemory): DeliveredPart[] {
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
    const parts: DeliveredPart[] = [];
    for (let i = 0; i < steps.length; i++) {
      parts.push({ interval, list: this.listOf(i * width), from: i === 0 ? openFrom : openBefore[i - 1]!, rows });
    }
    return parts;
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
