/**
 * The rows that close in the next steps of a session, put together for a run of steps at once and in the order in which they are
 * hashed: a symbol's rows are read where they lie next to each other, and all that is left to do for a step is its hash. Good
 * until rows that were there change, or other symbols are held. Pure.
 */
import type { Interval } from '@barkeep/bars';
import { copyRow, ROW_DOUBLES, type RowMemory } from '../mirror/columns.js';
import type { Holdings } from '../mirror/holdings.js';
import type { BarSeries } from '../mirror/series.js';

/** Steps one after another, on one day. */
export interface StepRun {
  /** What closed after it, epoch ms, is in the first step. */
  after: number;
  /** In the order in which those that close with a step are delivered. */
  intervals: readonly Interval[];
  steps: readonly {
    /** Epoch ms. */
    time: number;
    /** Those of which slots close with the step. */
    closing: readonly Interval[];
  }[];
}

/** The bars of one interval that a step delivered. Their rows are the mirror's own, which never change. */
export interface DeliveredPart {
  interval: Interval;
  list: RowList;
  /** Where the rows of each symbol that is held are, and from `at` on the first row of each. */
  memories: readonly RowMemory[];
  firsts: Int32Array;
  at: number;
}

/** Which symbols have rows in a step, the same for as long as the same ones have as many. */
export interface RowList {
  /** In order of names, their places among all that are held, and how many rows there are up to the end of each. */
  symbols: readonly string[];
  places: readonly number[];
  ends: readonly number[];
  /** The interval's name ‖ 0x0a, then for each row the symbol's name ‖ 0. */
  text: Uint8Array;
  /** Number of rows. */
  count: number;
}

/** Bytes of rows that are put together at once, about: they are written step after step, which only a cache bears. */
const RUN_BYTES = 256 * 1024;
const RUN_STEPS_MAX = 64;

/** How many steps are put together at once where so many base bars close in each. */
export function runSteps(barsAStep: number): number {
  return Math.max(1, Math.min(RUN_STEPS_MAX, Math.floor(RUN_BYTES / (8 * ROW_DOUBLES * Math.max(1, barsAStep)))));
}

/** Of one interval, in those steps of a run with which slots of it close. */
class IntervalRows {
  readonly memories: readonly RowMemory[];
  readonly lists: RowList[] = [];
  readonly firsts: Int32Array;
  private readonly counts: Int32Array;
  private readonly width: number;

  constructor(
    readonly interval: Interval,
    holdings: Holdings,
    after: number,
    times: readonly number[],
  ) {
    const series = holdings.seriesOf(interval.name);
    this.width = series.length;
    this.memories = series.map(({ columns }) => columns.rows);
    this.firsts = new Int32Array(times.length * this.width);
    this.counts = new Int32Array(times.length * this.width);
    series.forEach((bars, i) => this.find(bars, i, after, times));
    for (let step = 0; step < times.length; step++) {
      const last = this.isAsBefore(step) ? this.lists.at(-1) : undefined;
      this.lists.push(last ?? this.listOf(holdings, step));
    }
  }

  part(step: number): DeliveredPart {
    const { interval, memories, firsts, width } = this;
    return { interval, list: this.lists[step]!, memories, firsts, at: step * width };
  }

  /** Copies all rows; `places` has for each step of the run where its next row goes, in doubles. */
  copyTo(into: RowMemory, places: Int32Array, steps: readonly number[]): void {
    const { memories, firsts, counts, width } = this;
    for (let i = 0; i < width; i++) {
      const rows = memories[i]!;
      for (let step = 0, at = i; step < steps.length; step++, at += width) {
        const end = firsts[at]! + counts[at]!;
        for (let row = firsts[at]!; row < end; row++) {
          copyRow(rows, row, into, places[steps[step]!]!);
          places[steps[step]!]! += ROW_DOUBLES;
        }
      }
    }
  }

  private find({ columns }: BarSeries, place: number, after: number, times: readonly number[]): void {
    const { firsts, counts, width } = this;
    const { closeTimes, end } = columns;
    let row = columns.rowsClosedBy(after);
    for (let step = 0, at = place; step < times.length; step++, at += width) {
      const time = times[step]!;
      firsts[at] = row;
      while (row < end && closeTimes[row]! <= time) row++;
      counts[at] = row - firsts[at]!;
    }
  }

  private isAsBefore(step: number): boolean {
    const { counts, width } = this;
    for (let at = step * width; at < (step + 1) * width; at++) if (counts[at] !== counts[at - width]) return false;
    return step > 0;
  }

  private listOf({ sorted }: Holdings, step: number): RowList {
    const symbols: string[] = [];
    const places: number[] = [];
    const ends: number[] = [];
    let text = `${this.interval.name}\n`;
    let rows = 0;
    for (let i = 0; i < this.width; i++) {
      const count = this.counts[step * this.width + i]!;
      if (count === 0) continue;
      const { symbol } = sorted[i]!;
      text += `${symbol}\0`.repeat(count);
      symbols.push(symbol);
      places.push(i);
      ends.push((rows += count));
    }
    return { symbols, places, ends, text: Buffer.from(text), count: rows };
  }
}

/** What one step of a run delivers. */
export interface StepRows {
  time: number;
  parts: readonly DeliveredPart[];
}

/**
 * Finds what the steps of a run deliver, and writes it to `into`, step after step.
 * @param into is asked once for memory of so many doubles
 * @param headDoubles left free before the rows of each step
 * @returns the steps, and of each where it begins in `into`, in doubles, and how long it is with its head and texts, in bytes
 */
export function putTogether(
  holdings: Holdings,
  { after, intervals, steps }: StepRun,
  into: (doubles: number) => { rows: RowMemory; bytes: Uint8Array },
  headDoubles: number,
): { steps: StepRows[]; starts: Int32Array; lengths: Int32Array } {
  const found = intervals.map((interval) => {
    const closing = steps.flatMap((step, i) => (step.closing.includes(interval) ? [i] : []));
    const times = closing.map((step) => steps[step]!.time);
    return { closing, rows: new IntervalRows(interval, holdings, after, times) };
  });
  const parts: DeliveredPart[][] = steps.map(() => []);
  for (const { closing, rows } of found) closing.forEach((step, i) => parts[step]!.push(rows.part(i)));

  const starts = new Int32Array(steps.length);
  const lengths = new Int32Array(steps.length);
  const places = new Int32Array(steps.length);
  let end = 0;
  parts.forEach((all, step) => {
    let [rowDoubles, textBytes] = [0, 0];
    for (const { list } of all) {
      rowDoubles += list.count * ROW_DOUBLES;
      textBytes += list.text.length;
    }
    starts[step] = end;
    places[step] = end + headDoubles;
    lengths[step] = 8 * (headDoubles + rowDoubles) + textBytes;
    end += headDoubles + rowDoubles + Math.ceil(textBytes / 8);
  });

  const memory = into(end);
  for (const { closing, rows } of found) rows.copyTo(memory.rows, places, closing);
  // Each place is now where the rows of its step end.
  parts.forEach((all, step) => {
    let at = 8 * places[step]!;
    for (const { list } of all) {
      memory.bytes.set(list.text, at);
      at += list.text.length;
    }
  });
  return { steps: steps.map(({ time }, step) => ({ time, parts: parts[step]! })), starts, lengths };
}
