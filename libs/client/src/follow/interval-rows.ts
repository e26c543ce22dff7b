/**
 * Copies the rows of one interval for the steps of a batch. A row is a bar in the mirror's memory, a batch is several consecutive steps.
 * The rows of a symbol lie next to each other, so one visit per symbol is faster than a visit of all symbols for each step. Uses loops
 * instead of callbacks, because V8 compiles closures again for each session.
 */
import type { Interval } from '@barkeep/bars';
import { copyRow, openTimeOf, ROW_DOUBLES } from '../mirror/index.js';
import type { BarColumns, Holdings, MirrorSeries, RowMemory } from '../mirror/index.js';
import type { ClosedSlots } from './closed-slots.js';
import { stepSymbols, type StepSymbols } from './step-symbols.js';

/** The bars of one interval that a step delivered, as references to rows of the mirror. These rows never change in place. */
export interface DeliveredPart {
  interval: Interval;
  /** The symbols with bars, and how many bars each has. */
  list: StepSymbols;
  /** The first delivered bar of each symbol is its first bar that opens at this time or later, epoch ms. */
  openFrom: number;
  /** The rows of the whole batch. */
  batchRows: BatchRows;
}

/** The rows of a batch in the mirror. The i-th held symbol has rows `[firsts[i], ends[i])` of `memories[i]`. */
interface BatchRows {
  memories: readonly RowMemory[];
  firsts: Int32Array;
  ends: Int32Array;
}

/** Copies one batch after another. Arrays by symbol are in the order of the holdings' symbols (`Holdings.sorted`). */
export class IntervalRows {
  private readonly series: readonly MirrorSeries[];
  /** Bytes of text for a slot in which every symbol has a bar. */
  private readonly slotTextBytes: number;
  /** By symbol, the row after the last row of the last batch. The next batch probably starts there. */
  private nextRows: Int32Array;
  /** The list of the last step. */
  private lastList: StepSymbols | undefined;
  /** By symbol, the row counts from which `lastList` was made. */
  private readonly lastCounts: Int32Array;
  /** The row counts of a batch, step by step; within a step by symbol. Reused by later batches. */
  private counts = new Int32Array(0);

  constructor(
    private readonly interval: Interval,
    private readonly holdings: Holdings,
  ) {
    this.series = holdings.sorted.map((bars) => bars.series(interval.name)!);
    this.slotTextBytes = holdings.sorted.reduce((sum, { symbol }) => sum + Buffer.byteLength(symbol) + 1, 0);
    this.nextRows = new Int32Array(this.series.length);
    this.lastCounts = new Int32Array(this.series.length);
  }

  /** Space for the rows and texts of this many slots, in doubles: enough for a bar of every symbol in each slot. */
  doublesNeeded(slots: number): number {
    const textBytes = Buffer.byteLength(this.interval.name) + 1 + slots * this.slotTextBytes;
    return slots * this.series.length * ROW_DOUBLES + Math.ceil(textBytes / 8);
  }

  /**
   * Copies the rows of each listed step to the memory `into`.
   * @param offsets by step of the batch, where its next row goes, in doubles; moved to the end of the copied rows
   * @returns what each listed step delivers
   */
  copy(closedSlots: ClosedSlots, offsets: Int32Array, into: RowMemory): DeliveredPart[] {
    const { interval, series, nextRows } = this;
    const { stepIndexes, openFrom, openBefore } = closedSlots;
    const symbolCount = series.length;
    const countsNeeded = stepIndexes.length * symbolCount;
    if (this.counts.length < countsNeeded) this.counts = new Int32Array(countsNeeded);
    const firsts = new Int32Array(symbolCount);
    const ends = new Int32Array(symbolCount);
    const batchRows = { memories: [] as RowMemory[], firsts, ends };
    for (let symbolIndex = 0; symbolIndex < symbolCount; symbolIndex++) {
      const { columns } = series[symbolIndex]!;
      const first = rowFrom(columns, nextRows[symbolIndex]!, openFrom);
      batchRows.memories.push(columns.rows);
      firsts[symbolIndex] = first;
      ends[symbolIndex] = this.copyRows(symbolIndex, first, closedSlots, offsets, into);
    }
    this.nextRows = ends;
    const parts: DeliveredPart[] = [];
    for (let i = 0; i < stepIndexes.length; i++) {
      const partFrom = i === 0 ? openFrom : openBefore[i - 1]!;
      parts.push({ interval, list: this.listOf(i * symbolCount), openFrom: partFrom, batchRows });
    }
    return parts;
  }

  /**
   * Copies one symbol's rows, from row `first` on, to the steps in which they close, and counts them. Here `from`, `fromEnd` and `to` are
   * offsets in doubles; `row` is the number of the row at `from`.
   * @returns the row after the last copied one
   */
  private copyRows(
    symbolIndex: number,
    first: number,
    { stepIndexes, openBefore }: ClosedSlots,
    offsets: Int32Array,
    { doubles: intoDoubles, words: intoWords }: RowMemory,
  ): number {
    const { counts, series } = this;
    const { rows, end } = series[symbolIndex]!.columns;
    const { doubles, words } = rows;
    // Local copies: in the compiled module, an imported name is a getter, which the inner loop would call for each row.
    const [copy, rowDoubles] = [copyRow, ROW_DOUBLES];
    const fromEnd = end * rowDoubles;
    let from = first * rowDoubles;
    let row = first;
    for (let i = 0; i < openBefore.length; i++) {
      const limit = openBefore[i]!;
      const firstOfStep = row;
      let to = offsets[stepIndexes[i]!]!;
      for (; from < fromEnd && doubles[from]! < limit; from += rowDoubles, to += rowDoubles, row++) {
        copy(doubles, words, from, intoDoubles, intoWords, to);
      }
      offsets[stepIndexes[i]!] = to;
      counts[i * series.length + symbolIndex] = row - firstOfStep;
    }
    return row;
  }

  /** The list of the step whose row counts start at `counts[at]`. When they equal the counts of the step before, returns its list. */
  private listOf(at: number): StepSymbols {
    const { lastCounts, lastList, counts } = this;
    let isSame = lastList !== undefined;
    for (let i = 0; i < lastCounts.length; i++) {
      const count = counts[at + i]!;
      if (lastCounts[i] === count) continue;
      lastCounts[i] = count;
      isSame = false;
    }
    return isSame ? lastList! : (this.lastList = stepSymbols(this.interval.name, this.holdings.sorted, lastCounts));
  }
}

/** The first row that opens at or after a time, epoch ms. Searches only when it is not the row `guess`. */
function rowFrom(columns: BarColumns, guess: number, time: number): number {
  const { rows, first, end } = columns;
  const isAfterEarlierRows = guess > first && guess <= end && openTimeOf(rows, guess - 1) < time;
  const isRight = isAfterEarlierRows && (guess === end || openTimeOf(rows, guess) >= time);
  return isRight ? guess : columns.rowFrom(time);
}
