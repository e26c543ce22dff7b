/**
 * Reads a session's store for the symbols that the session has now. When symbols have joined or left, first changes the holdings: loads
 * the bars of new symbols up to `loadedTo`, and drops those of symbols that left.
 */
import {
  ClockedReads,
  isScriptUnknown,
  loadSlotsScript,
  readSymbols,
  storeReads,
  type StoreReads,
  SymbolsChangedError,
  symbolsKey,
  withMembership,
  type SessionLayout,
} from '@barkeep/session-data';
import type { Redis } from 'ioredis';
import type { Holdings } from './holdings.js';
import { rereadDays } from './reread.js';

/** How many times one read is repeated, because the symbols changed meanwhile or Redis did not have the script. */
const REPEATS_MAX = 20;

export class CurrentReads {
  /** Reads for the symbols of the holdings, together with the session's clock. */
  private reads: ClockedReads;
  /** Runs the large reads. */
  private readonly bulk: StoreReads;
  /** False at the start, and when the session's symbols have changed. */
  private areSymbolsRead = false;

  /** @param onAnswer called after each answered read */
  constructor(
    private readonly redis: Redis,
    private readonly holdings: Holdings,
    private readonly onAnswer: (() => void) | undefined,
  ) {
    this.bulk = storeReads(redis);
    this.reads = this.readsOf(holdings.layout);
  }

  close(): void {
    this.bulk.close();
  }

  /** Index of the first day that the session retains, as of the last read. */
  get firstKept(): number {
    return this.reads.firstKept;
  }

  /** Runs `work`. Repeats it when the session's symbols changed meanwhile, or when Redis does not have the script. */
  async run<T>(work: (reads: ClockedReads) => Promise<T>): Promise<T> {
    for (let repeats = 0; ; repeats++) {
      try {
        if (!this.areSymbolsRead) await this.updateSymbols();
        return await work(this.reads);
      } catch (error) {
        if (repeats >= REPEATS_MAX) throw error;
        if (error instanceof SymbolsChangedError) this.areSymbolsRead = false;
        else if (isScriptUnknown(error)) await loadSlotsScript(this.redis);
        else throw error;
      }
    }
  }

  private async updateSymbols(): Promise<void> {
    const { holdings } = this;
    const { membership, joining } = await readSymbols(this.redis, holdings.layout);
    const isSameVersion = membership.version === holdings.layout.membership.version;
    const layout = isSameVersion ? holdings.layout : withMembership(holdings.layout, membership);
    const reads = this.readsOf(layout, symbolsKey(String(membership.version), joining.join(' ')));
    const readable = layout.symbols.filter((symbol) => !joining.includes(symbol));
    const bars = holdings.barsFor(layout, readable);
    const newBars = bars.filter((each) => holdings.get(each.symbol) !== each); // those that are not held yet
    if (newBars.length === 0)
      await reads.read([]); // throws when the symbols have changed again
    else if (!(await rereadDays(holdings, reads, layout, newBars))) holdings.mustReload = true; // the store was set back
    holdings.setSymbols(layout, bars);
    this.reads = reads;
    this.areSymbolsRead = true;
  }

  /** @param key identifies the list of symbols; see {@link symbolsKey} */
  private readsOf(layout: SessionLayout, key?: string): ClockedReads {
    return new ClockedReads(this.redis, layout, key, async (commands, take) => {
      const replies = await this.bulk.run(commands, take);
      this.onAnswer?.();
      return replies;
    });
  }
}
