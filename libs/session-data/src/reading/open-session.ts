/**
 * Reads one session at its clock: only bars with `closeTime <= clock` are visible (I2). The bar of a derived interval that
 * is still forming is made of visible base bars, and ends with the last closed slot among them. Ranges are end exclusive,
 * times epoch ms. How bars are fetched: bar-series.ts. Symbols may join and leave meanwhile: each answer is of one list of
 * symbols, the one that the session had at the read.
 */
import type { Fill, ShownBar } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { BarSeries } from './bar-series.js';
import { certify, type Certificate } from './certificate.js';
import { ClockedReads } from './clocked-reads.js';
import { digestOf, type SessionDigest } from './digest.js';
import { type SessionLayout, SymbolsChangedError, UnknownIntervalError, UnknownSymbolError } from '../layout/index.js';
import { readHistory } from '../stream/index.js';
import { readSymbols, symbolsKey, withMembership } from '../symbols/index.js';
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
/** How often the symbols may change during one read before it fails. */
const CHANGES_MAX = 20;

/** One list of symbols with the reads for it. */
interface View {
  layout: SessionLayout;
  joining: ReadonlySet<string>;
  key: string;
  reads: ClockedReads;
}

export class OpenSession {
  private view: View;

  /** @param layout the session; its symbols are looked up when it is first read */
  constructor(
    private readonly redis: Redis,
    layout: SessionLayout,
  ) {
    this.view = viewOf(redis, layout, []);
  }

  /** The session with the symbols that it had when it was last read. */
  get layout(): SessionLayout {
    return this.view.layout;
  }

  /** Looks up which symbols the session has now. @throws SessionLostError */
  async refresh(): Promise<void> {
    const { layout } = this.view;
    const { membership, joining } = await readSymbols(this.redis, layout);
    const isSame = membership.version === layout.membership.version;
    this.view = viewOf(this.redis, isSame ? layout : withMembership(layout, membership), joining);
  }

  /** Clock, frontier, watermark and the counts of all symbols before the frontier. @throws SessionLostError */
  async position(): Promise<SessionPosition> {
    return this.read(({ layout, joining }) => readPosition(this.redis, layout, joining), true);
  }

  /** The session's clock, epoch ms. @throws SessionLostError */
  async clock(): Promise<number> {
    return this.read(async ({ reads }) => (await reads.read([]))[0]);
  }

  /** The symbols that can be read, as of the last answer. */
  activeSymbols(): readonly string[] {
    return this.layout.symbols.filter((symbol) => !this.view.joining.has(symbol));
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
    const { fill = 'none' } = options ?? {};
    const bars = await this.read(async (view) => {
      const all = symbols.map((symbol) => this.series(view, symbol, interval));
      return (await Promise.all(all.map((series) => series.last(1, fill)))).map(([bar]) => bar);
    });
    return new Map(symbols.flatMap((symbol, i) => (bars[i] ? [[symbol, bars[i]]] : [])));
  }

  /** The newest `count` visible bars, oldest first, across days; an empty slot counts only when it is filled. */
  async lastBars(
    symbol: string,
    interval: string | undefined,
    count: number,
    { fill = 'none' }: ReadOptions = {},
  ): Promise<ShownBar[]> {
    return this.read((view) => this.series(view, symbol, interval).last(count, fill));
  }

  /**
   * Visible bars with `from <= openTime < to`, oldest first, at most `limit`. A later call continues at the `openTime` of a
   * derived bar that was still forming (its `complete` is false), otherwise at the last `closeTime`.
   */
  async barsBetween(
    symbol: string,
    interval: string | undefined,
    from: number,
    to: number,
    limit = LIMIT,
    { fill = 'none' }: ReadOptions = {},
  ): Promise<ShownBar[]> {
    return this.read((view) => this.series(view, symbol, interval).between(from, to, limit, fill));
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
    return this.read((view) => this.series(view, symbol, interval).count());
  }

  /**
   * Number of bars of each symbol before the session's first day, of the interval that the spec's history names, otherwise of
   * the base interval; undefined while the history is not whole, and when there is none.
   */
  async history(): Promise<Map<string, number> | undefined> {
    if (!this.layout.asksHistory) return undefined;
    return this.read(({ layout }) => readHistory(this.redis, layout), true);
  }

  /** Quality, counts and extremes of one symbol before the clock, in the retained days of the session's own. */
  async metrics(symbol: string): Promise<SymbolMetrics> {
    return this.read((view) => {
      this.series(view, symbol);
      return readMetrics(this.redis, view.layout, symbol);
    }, true);
  }

  /** Gaps of one symbol before the frontier, in the session's own days as far as they are kept, oldest first. */
  async gaps(symbol: string): Promise<SymbolGap[]> {
    return this.read((view) => {
      this.series(view, symbol);
      return readGaps(this.redis, view.layout, symbol);
    }, true);
  }

  /** SHA-256 over all chunks in key order (I1), staged ones included. */
  async digest(): Promise<SessionDigest> {
    return this.read(async ({ layout, reads }) => {
      await reads.read([]);
      return digestOf(this.redis, layout, reads.firstKept);
    }, true);
  }

  /** The certificate of the days that the clock and upkeep have passed. @throws SessionLostError */
  async certificate(): Promise<Certificate> {
    return this.read(async ({ layout, joining, reads }) => {
      const { clock, watermark } = await readPosition(this.redis, layout, joining);
      await reads.read([]);
      // Stop early when the session is removed meanwhile: counting missing chunks takes as long.
      const check = () => reads.read([]);
      const symbols = layout.symbols.filter((symbol) => !joining.has(symbol));
      const upTo = layout.spec.upkeep.enabled ? Math.min(clock, watermark) : clock;
      return certify(this.redis, layout, symbols, reads.firstKept, upTo, check);
    }, true);
  }

  /**
   * Runs a read, and runs it again when the symbols changed meanwhile.
   * @param checked true when the read does not use {@link ClockedReads}, which notices the change
   */
  private async read<T>(run: (view: View) => Promise<T>, checked = false): Promise<T> {
    for (let change = 0; ; change++) {
      const { view } = this;
      try {
        const answer = await run(view);
        if (checked) await view.reads.read([]);
        return answer;
      } catch (error) {
        const isChange = error instanceof SymbolsChangedError;
        if ((!isChange && !(error instanceof UnknownSymbolError)) || change >= CHANGES_MAX) throw error;
        if (this.view === view) await this.refresh();
        if (!isChange && this.view.key === view.key) throw error;
      }
    }
  }

  private series({ layout, joining, reads }: View, symbol: string, interval: string = layout.base.name): BarSeries {
    const partition = layout.partitionOf(symbol);
    if (partition === undefined || joining.has(symbol)) {
      throw new UnknownSymbolError(layout.id, symbol, joining.has(symbol));
    }
    const found = layout.interval(interval);
    if (!found) {
      const known = [layout.base, ...layout.derived].map(({ name }) => name);
      throw new UnknownIntervalError(layout.id, interval, known);
    }
    return new BarSeries(reads, layout, symbol, found, layout.keysOf(partition));
  }
}

function viewOf(redis: Redis, layout: SessionLayout, joining: readonly string[]): View {
  const key = symbolsKey(String(layout.membership.version), joining.join(' '));
  return { layout, joining: new Set(joining), key, reads: new ClockedReads(redis, layout, key) };
}
