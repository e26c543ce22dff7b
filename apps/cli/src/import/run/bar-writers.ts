/** Writers of an import's bars: one that buffers them, one that opens another writer late, and one that feeds a session. */
import type { Bar } from '@barkeep/bars';
import type { ClientSession, FedBarsLostError, FeedResult, SymbolStream } from '@barkeep/client';
import type { BarWriter, StoredRows } from './import-plan.js';

/** About 4 MB of bars. */
const BUFFERED_BARS_MAX = 50_000;

/** Collects bars by symbol, because large batches are written fastest, and writes them while the import reads on. */
export class BufferedWriter {
  #bars = new Map<string, Bar[]>();
  #count = 0;
  /** The last write that was started. */
  #writing: Promise<void> = Promise.resolve();

  constructor(private readonly write: (symbol: string, bars: readonly Bar[]) => Promise<void>) {}

  add(symbol: string, bar: Bar): void {
    const ofSymbol = this.#bars.get(symbol);
    if (ofSymbol === undefined) this.#bars.set(symbol, [bar]);
    else ofSymbol.push(bar);
    this.#count++;
  }

  /** Starts to write the bars when there are many. Waits for the previous write before. @throws what `write` throws */
  async writeIfFull(): Promise<void> {
    if (this.#count >= BUFFERED_BARS_MAX) await this.#startWriting();
  }

  /** Writes all bars. @throws what `write` throws */
  async flush(): Promise<void> {
    await this.#startWriting();
    await this.#writing;
  }

  async #startWriting(): Promise<void> {
    await this.#writing;
    this.#writing = this.#writeAll(this.#bars);
    this.#writing.catch(() => undefined); // awaited later
    this.#bars = new Map();
    this.#count = 0;
  }

  async #writeAll(bars: ReadonlyMap<string, Bar[]>): Promise<void> {
    for (const [symbol, ofSymbol] of bars) await this.write(symbol, ofSymbol);
  }
}

/** Opens a writer when there are bars, so that an import that stores none creates no dataset. */
export class LateWriter implements BarWriter {
  #opened: Promise<Required<BarWriter>> | undefined;

  constructor(private readonly open: () => Promise<Required<BarWriter>>) {}

  async write(symbol: string, bars: readonly Bar[]): Promise<void> {
    const writer = await (this.#opened ??= this.open());
    await writer.write(symbol, bars);
  }

  async finish(): Promise<StoredRows> {
    return (await this.#opened)?.finish() ?? { accepted: 0, duplicate: 0, conflicting: 0 };
  }

  async abort(): Promise<void> {
    await (await this.#opened)?.abort();
  }
}

/** Feeds bars to a session. It has no `abort`: bars that were fed stay in the session when the import fails. */
export class FeedWriter implements BarWriter {
  readonly #streams = new Map<string, SymbolStream>();

  /** @param endsStreams true when `finish` ends the stream of each symbol */
  constructor(
    private readonly session: ClientSession,
    private readonly endsStreams: boolean,
  ) {}

  /** The totals of each symbol. */
  get fed(): FeedResult[] {
    return [...this.#streams.values()].map(({ total }) => total);
  }

  /** True when this writer fed all of the lost bars, so that reading the files again restores them. */
  hasFedLostBars({ symbol, bars }: FedBarsLostError): boolean {
    return bars <= (this.#streams.get(symbol)?.total.accepted ?? 0);
  }

  async write(symbol: string, bars: readonly Bar[]): Promise<void> {
    let stream = this.#streams.get(symbol);
    if (!stream) this.#streams.set(symbol, (stream = this.session.registerStream(symbol)));
    await stream.feed(bars);
  }

  async finish(): Promise<StoredRows> {
    if (this.endsStreams) for (const stream of this.#streams.values()) await stream.end();
    const sum = (name: 'accepted' | 'duplicates' | 'conflicts') =>
      this.fed.reduce((total, result) => total + result[name], 0);
    return { accepted: sum('accepted'), duplicate: sum('duplicates'), conflicting: sum('conflicts') };
  }
}
