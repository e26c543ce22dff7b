/** A session with one list of its symbols. A read throws when the list changed meanwhile, and is repeated with the renewed listing. */
import type { Redis } from 'ioredis';
import { UnknownSymbolError } from '../errors.js';
import type { SessionLayout } from '../layout/index.js';
import { readSymbols, symbolsKey, withMembership } from '../symbols/index.js';
import { BarSeries } from './bar-series.js';
import { ClockedReads } from './clocked-reads.js';

export class Listing {
  /** Changes with the list; see `symbolsKey`. */
  readonly key: string;
  readonly reads: ClockedReads;
  /** The symbols that can be read: all but the joining ones. */
  readonly symbols: readonly string[];

  /** @param joining symbols that cannot be read yet */
  constructor(
    readonly redis: Redis,
    readonly layout: SessionLayout,
    readonly joining: ReadonlySet<string> = new Set(),
  ) {
    this.key = symbolsKey(String(layout.membership.version), [...joining].join(' '));
    this.reads = new ClockedReads(redis, layout, this.key);
    this.symbols = layout.symbols.filter((symbol) => !joining.has(symbol));
  }

  /** The listing of the symbols that the session has now. @throws SessionLostError */
  async renewed(): Promise<Listing> {
    const { redis, layout } = this;
    const { membership, joining } = await readSymbols(redis, layout);
    const isSame = membership.version === layout.membership.version;
    return new Listing(redis, isSame ? layout : withMembership(layout, membership), new Set(joining));
  }

  /** The bars of one symbol. @param interval @default the base interval @throws UnknownSymbolError, UnknownIntervalError */
  series(symbol: string, interval: string = this.layout.base.name): BarSeries {
    const { layout, joining } = this;
    const partition = layout.partitionOf(symbol);
    if (partition === undefined || joining.has(symbol)) {
      throw new UnknownSymbolError(layout.id, symbol, joining.has(symbol));
    }
    return new BarSeries(this.reads, layout, symbol, layout.intervalNamed(interval), layout.keysOf(partition));
  }
}
