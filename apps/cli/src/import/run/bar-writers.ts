/** Where the bars of an import wait for a writer, and the writer that feeds them to a session. */
import type { Bar } from '@barkeep/bars';
import type { ClientSession, FedBarsLostError, FeedResult, SymbolStream } from '@barkeep/client';
import type { BarWriter, StoredRows } from './import-plan.js';

/** About 4 MB of bars. */
const BUFFERED_BARS_MAX = 50_000;

/** Collects bars by symbol, as large batches are written fastest. When it is full, the import writes them before it reads more. */
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

/** Fed bars stay in the session when reading fails. */
export class FeedWriter implements BarWriter {
  private readonly streams = new Map<string, SymbolStream>();

  /** @param ends ends each stream after its last bar */
  constructor(
    private readonly session: ClientSession,
    private readonly ends: boolean,
  ) {}

  /** The results of each symbol. */
  get fed(): FeedResult[] {
    return [...this.streams.values()].map(({ total }) => total);
  }

  /** True when this writer fed all of the lost bars: feeding its bars from the beginning brings them back. */
  hasFed({ symbol, bars }: FedBarsLostError): boolean {
    return bars <= (this.streams.get(symbol)?.total.accepted ?? 0);
  }

  async write(symbol: string, bars: readonly Bar[]): Promise<void> {
    let stream = this.streams.get(symbol);
    if (!stream) this.streams.set(symbol, (stream = this.session.registerStream(symbol)));
    await stream.feed(bars);
  }

  async finish(): Promise<StoredRows> {
    if (this.ends) for (const stream of this.streams.values()) await stream.end();
    const sum = (name: 'accepted' | 'duplicates' | 'conflicts') =>
      this.fed.reduce((total, result) => total + result[name], 0);
    return { accepted: sum('accepted'), duplicate: sum('duplicates'), conflicting: sum('conflicts') };
  }
}
