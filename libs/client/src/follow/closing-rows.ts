/**
 * The rows of one interval that close with a step: which symbols have some, and how many. Mostly every symbol has one, as it had in the
 * step before, and then nothing is made anew but the numbers of the rows. Pure.
 */
import { copyRows, type RowMemory } from '../mirror/columns.js';
import type { Holdings } from '../mirror/holdings.js';
import type { BarSeries } from '../mirror/series.js';

/** Which symbols have rows, the same for as long as the same ones have as many in the same memory. */
interface RowList {
  /** In order of names, and how many rows there are up to the end of each. */
  symbols: readonly string[];
  ends: readonly number[];
  /** Where their rows are. */
  memories: readonly RowMemory[];
  /** The interval's name ‖ 0x0a, then for each row the symbol's name ‖ 0. */
  text: Uint8Array;
  /** Number of rows. */
  count: number;
}

export class ClosingRows {
  /** What closes now; never changed. */
  list: RowList;
  private readonly none: RowList;
  /** The last list that was not empty: longer bars close once in a while, and then as they did before. */
  private last: RowList | undefined;
  private series: readonly BarSeries[] = [];
  private firsts = new Int32Array(0);
  private counts = new Int32Array(0);
  private listed = new Int32Array(0);
  private seen: (RowMemory | undefined)[] = [];

  /** @param interval its name */
  constructor(private readonly interval: string) {
    this.none = { symbols: [], ends: [], memories: [], text: Buffer.from(`${interval}\n`), count: 0 };
    this.list = this.none;
  }

  /** Looks for the rows that closed in `(after, time]`, epoch ms. */
  find(holdings: Holdings, after: number, time: number): this {
    const series = holdings.seriesOf(this.interval);
    if (series !== this.series) this.begin(series);
    const { firsts, counts, listed, seen } = this;
    let [total, isOther] = [0, this.last === undefined];
    for (let i = 0; i < series.length; i++) {
      const bars = series[i]!;
      const first = Math.max(bars.columns.first, bars.visibleEnd(after));
      const count = Math.max(0, bars.visibleEnd(time) - first);
      firsts[i] = first;
      counts[i] = count;
      total += count;
      isOther ||= listed[i] !== count || seen[i] !== bars.columns.rows;
    }
    if (total === 0) this.list = this.none;
    else this.list = this.last = isOther || !this.last ? this.listOf(holdings) : this.last;
    return this;
  }

  private begin(series: readonly BarSeries[]): void {
    this.series = series;
    this.firsts = new Int32Array(series.length);
    this.counts = new Int32Array(series.length);
    this.listed = new Int32Array(series.length);
    this.seen = Array.from(series, () => undefined);
    this.last = undefined;
  }

  /** Copies them, one after another, to row `at` of other memory. */
  copyTo(into: RowMemory, at: number): void {
    const { series, firsts, counts } = this;
    for (let i = 0; i < series.length; i++) {
      const [first, count] = [firsts[i]!, counts[i]!];
      copyRows(series[i]!.columns.rows, first, first + count, into, at);
      at += count;
    }
  }

  /** The first row of each symbol that has some; the caller's own. */
  firstRows(): number[] {
    const found: number[] = [];
    for (let i = 0; i < this.counts.length; i++) if (this.counts[i]! > 0) found.push(this.firsts[i]!);
    return found;
  }

  private listOf({ sorted }: Holdings): RowList {
    const symbols: string[] = [];
    const ends: number[] = [];
    const memories: RowMemory[] = [];
    let text = `${this.interval}\n`;
    let rows = 0;
    for (let i = 0; i < this.counts.length; i++) {
      const count = this.counts[i]!;
      const memory = this.series[i]!.columns.rows;
      this.listed[i] = count;
      this.seen[i] = memory;
      if (count === 0) continue;
      const { symbol } = sorted[i]!;
      text += `${symbol}\0`.repeat(count);
      symbols.push(symbol);
      memories.push(memory);
      ends.push((rows += count));
    }
    return { symbols, ends, memories, text: Buffer.from(text), count: rows };
  }
}
