/**
 * Reading one session, at its clock: only bars with `closeTime <= clock` are shown (I2). Of a derived interval that also
 * holds for the bar that is still forming: it is made of the base bars that are visible, and ends with the last closed
 * slot among them. Ranges are end exclusive, times epoch ms. How bars are fetched: bar-series.ts.
 */
import type { Fill, ShownBar } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { BarSeries } from './bar-series.js';
import { ClockedReads } from './clocked-reads.js';
import { digestOf, type SessionDigest } from './digest.js';
import { UnknownIntervalError, UnknownSymbolError } from './errors.js';
import { readHistory } from './history.js';
import type { SessionLayout } from './layout.js';
import {
  readGaps,
  readMetrics,
  readPosition,
  type SessionPosition,
  type SymbolGap,
  type SymbolMetrics,
} from './metrics.js';

/** How bars are shown. */
export interface ReadOptions {
  /**
   * `forward` shows an empty slot with the last close as open, high, low and close, volume 0 and origin `filled-forward`;
   * nothing before a symbol's first bar. Default: `none`.
   */
  fill?: Fill;
}

const LIMIT = 10_000;

export class OpenSession {
  private readonly reads: ClockedReads;

  constructor(
    private readonly redis: Redis,
    readonly layout: SessionLayout,
  ) {
    this.reads = new ClockedReads(redis, layout);
  }

  /** Clock, frontier, watermark and the counts of all symbols before the frontier. @throws SessionLostError */
  async position(): Promise<SessionPosition> {
    return readPosition(this.redis, this.layout);
  }

  /** The session's clock, epoch ms. @throws SessionLostError */
  async clock(): Promise<number> {
    const [clock] = await this.reads.read([]);
    return clock;
  }

  activeSymbols(): readonly string[] {
    return this.layout.spec.symbols;
  }

  /** The newest visible bar, or undefined. @throws UnknownSymbolError, UnknownIntervalError, SessionLostError */
  async latestBar(symbol: string, interval?: string, options?: ReadOptions): Promise<ShownBar | undefined> {
    return (await this.lastBars(symbol, interval, 1, options))[0];
  }

  /** The newest visible bar of each symbol that has one. */
  async latestBars(
    symbols: readonly string[],
    interval?: string,
    options?: ReadOptions,
  ): Promise<Map<string, ShownBar>> {
    for (const symbol of symbols) this.series(symbol, interval);
    const bars = await Promise.all(symbols.map((symbol) => this.latestBar(symbol, interval, options)));
    return new Map(symbols.flatMap((symbol, i) => (bars[i] ? [[symbol, bars[i]]] : [])));
  }

  /** The newest `count` visible bars, oldest first; days are crossed, and holes not counted unless they are filled. */
  async lastBars(
    symbol: string,
    interval: string | undefined,
    count: number,
    { fill = 'none' }: ReadOptions = {},
  ): Promise<ShownBar[]> {
    return this.series(symbol, interval).last(count, fill);
  }

  /**
   * Visible bars with `from <= openTime < to`, oldest first, at most `limit`. Whoever goes on from there later begins at
   * the `openTime` of a derived bar that was still forming (its `complete` is false), else at the last `closeTime`.
   */
  async barsBetween(
    symbol: string,
    interval: string | undefined,
    from: number,
    to: number,
    limit = LIMIT,
    { fill = 'none' }: ReadOptions = {},
  ): Promise<ShownBar[]> {
    return this.series(symbol, interval).between(from, to, limit, fill);
  }

  /** Visible bars that opened at `time` or later, oldest first, at most `limit`. */
  async barsSince(
    symbol: string,
    interval: string | undefined,
    time: number,
    limit = LIMIT,
    options?: ReadOptions,
  ): Promise<ShownBar[]> {
    return this.barsBetween(symbol, interval, time, this.layout.end, limit, options);
  }

  /** Number of visible bars; one that is still forming does not count. */
  async barCount(symbol: string, interval?: string): Promise<number> {
    return this.series(symbol, interval).count();
  }

  /**
   * Bars that each symbol has from before the session's first day, of the interval that the spec's history names,
   * otherwise of the base interval; undefined while the history is not whole, and when there is none.
   */
  async history(): Promise<Map<string, number> | undefined> {
    return this.layout.asksHistory ? readHistory(this.redis, this.layout) : undefined;
  }

  /** Quality, counts and extremes of one symbol before the clock, in the session's own days as far as they are kept. */
  async metrics(symbol: string): Promise<SymbolMetrics> {
    this.series(symbol);
    return readMetrics(this.redis, this.layout, symbol);
  }

  /** Gaps of one symbol before the frontier, in the session's own days as far as they are kept, oldest first. */
  async gaps(symbol: string): Promise<SymbolGap[]> {
    this.series(symbol);
    return readGaps(this.redis, this.layout, symbol);
  }

  /** SHA-256 over all chunks in key order (I1), staged ones included. */
  async digest(): Promise<SessionDigest> {
    await this.clock();
    return digestOf(this.redis, this.layout, this.reads.firstKept);
  }

  private series(symbol: string, interval: string = this.layout.base.name): BarSeries {
    const partition = this.layout.partitionOf(symbol);
    if (partition === undefined) throw new UnknownSymbolError(this.layout.id, symbol);
    const found = this.layout.interval(interval);
    if (!found) {
      const known = [this.layout.base, ...this.layout.derived].map(({ name }) => name);
      throw new UnknownIntervalError(this.layout.id, interval, known);
    }
    return new BarSeries(this.reads, this.layout, symbol, found, this.layout.keysOf(partition));
  }
}
