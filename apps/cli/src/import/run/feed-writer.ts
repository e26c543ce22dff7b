/** Feeds the bars of an import to a session. Fed bars stay in the session when reading fails. */
import type { Bar } from '@barkeep/bars';
import type { ClientSession, FedBarsLostError, FeedResult, SymbolStream } from '@barkeep/client';
import type { BarWriter, StoredRows } from './import-plan.js';

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
