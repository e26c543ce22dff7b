/**
 * Collects bars by symbol between the synchronous reader and the writer, which is fastest with large batches. Bounded:
 * when `full` is true, the import writes the bars before it reads more.
 */
import type { Bar } from '@barkeep/bars';

/** About 4 MB of bars. */
const BUFFERED_BARS_MAX = 50_000;

export class BarBuffer {
  #bars = new Map<string, Bar[]>();
  #lastSymbol = '';
  #lastBars: Bar[] | undefined;
  #count = 0;

  add(symbol: string, bar: Bar): void {
    if (symbol !== this.#lastSymbol || this.#lastBars === undefined) {
      this.#lastBars = this.#bars.get(symbol);
      if (this.#lastBars === undefined) this.#bars.set(symbol, (this.#lastBars = []));
      this.#lastSymbol = symbol;
    }
    this.#lastBars.push(bar);
    this.#count++;
  }

  get full(): boolean {
    return this.#count >= BUFFERED_BARS_MAX;
  }

  /** Empties the buffer. */
  take(): Map<string, Bar[]> {
    const bars = this.#bars;
    this.#bars = new Map();
    this.#lastBars = undefined;
    this.#count = 0;
    return bars;
  }
}
