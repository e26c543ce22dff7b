/**
 * The rows of one interval that close with a step: which symbols have some, and how many. Mostly every symbol has one, as it had in the
 * step before, and then nothing is made anew but the numbers of the rows. Pure.
 */
import { copyRows, type RowMemory } from '../mirror/columns.js';
import type { Holdings } from '../mirror/holdings.js';
import type { BarSeries } from '../mirror/series.js';

export class ClosingRows {
  /** The symbols that have rows, in order of names, and how many rows there are up to the end of each; never changed. */
  symbols: readonly string[] = [];
  ends: readonly number[] = [];
  /** Where their rows are. */
  memories: readonly RowMemory[] = [];
  /** The interval's name ‖ 0x0a, then for each row the symbol's name ‖ 0. */
  text: Uint8Array;
  /** Number of rows. */
  count = 0;
  private series: readonly BarSeries[] = [];
  private firsts = new Int32Array(0);
  private counts = new Int32Array(0);
  private seen: (RowMemory | undefined)[] = [];

  /** @param interval its name */
  constructor(private readonly interval: string) {
    this.text = Buffer.from(`${interval}\n`);
  }

  /** Looks for the rows that closed in `(after, time]`, epoch ms. */
  find(holdings: Holdings, after: number, time: number): this {
    const series = holdings.seriesOf(this.interval);
    let isOther = series !== this.series;
    if (isOther) {
      this.series = series;
      this.firsts = new Int32Array(series.length);
      this.counts = new Int32Array(series.length);
      this.seen = Array.from(series, () => undefined);
    }
    const { firsts, counts, seen } = this;
    for (let i = 0; i < series.length; i++) {
      const bars = series[i]!;
      const first = Math.max(bars.columns.first, bars.visibleEnd(after));
      const count = Math.max(0, bars.visibleEnd(time) - first);
      firsts[i] = first;
      const { rows } = bars.columns;
      if (counts[i] === count && seen[i] === rows) continue;
      counts[i] = count;
      seen[i] = rows;
      isOther = true;
    }
    if (isOther) this.list(holdings);
    return this;
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

  private list({ sorted }: Holdings): void {
    const symbols: string[] = [];
    const ends: number[] = [];
    const memories: RowMemory[] = [];
    let text = `${this.interval}\n`;
    this.count = 0;
    for (let i = 0; i < this.counts.length; i++) {
      const count = this.counts[i]!;
      if (count === 0) continue;
      const { symbol } = sorted[i]!;
      text += `${symbol}\0`.repeat(count);
      symbols.push(symbol);
      memories.push(this.seen[i]!);
      ends.push((this.count += count));
    }
    this.symbols = symbols;
    this.ends = ends;
    this.memories = memories;
    this.text = Buffer.from(text);
  }
}
