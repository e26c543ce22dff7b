/**
 * Reads one session at its clock: only bars with `closeTime <= clock` are visible (I2, docs/ARCHITECTURE.md). Each answer is for the list
 * of symbols that the session had at the read. Ranges exclude their end; times are epoch ms.
 */
import type { ShownBar } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { type AllBarsQuery, type BarsPart, readAllBars } from './all-bars.js';
import { checkCount, checkTimes } from '../arguments.js';
import type { FillOptions } from './bar-series.js';
import { certify, type StoreCertificate } from './certificate.js';
import type { Moment } from './clocked-reads.js';
import { CountedDays } from './counted-days.js';
import { readDigest, type SessionDigest } from './digest.js';
import { SymbolsChangedError, UnknownSymbolError } from '../errors.js';
import type { SessionLayout, View } from '../layout/index.js';
import { Listing } from './listing.js';
import { readSymbolGaps, readSlotMetrics, type SymbolGap, type SlotMetrics } from './metrics.js';
import { readPosition, readVisiblePosition, type SessionPosition } from './position.js';
import { readOutsideRows, type OutsideRows } from './refusals.js';
import { readDayCounts, readEmptySlots } from './slot-counts.js';
import type { DayCounts, DayCountsQuery, EmptySlots, EmptySlotsQuery } from './slot-counts.js';
import { readHistory } from '../stream/index.js';

/** How often a read is repeated because the symbols changed during it, before it fails. */
const CHANGES_MAX = 20;

/** A session that is open for reading. */
export class OpenSession {
  private listing: Listing;

  /** @param view of answers for which the caller names none. Bars after the clock are visible in neither view */
  constructor(
    redis: Redis,
    layout: SessionLayout,
    readonly view: View = 'strategy',
  ) {
    this.listing = new Listing(redis, layout);
  }

  /** The session with the symbols that it had when it was last read. */
  get layout(): SessionLayout {
    return this.listing.layout;
  }

  /** Looks up which symbols the session has now. @throws SessionLostError */
  async refresh(): Promise<void> {
    this.listing = await this.listing.renewed();
  }

  /** The position and the counts up to the frontier, in a strategy's view up to the clock. @throws SessionLostError */
  async position(view = this.view): Promise<SessionPosition> {
    return this.readChecked([], async (listing) => {
      if (view === 'strategy') return readVisiblePosition(listing);
      const { frontiers: _, ...position } = await readPosition(listing);
      return position;
    });
  }

  /** The session's clock, epoch ms. @throws SessionLostError */
  async clock(): Promise<number> {
    return (await this.moment()).clock;
  }

  /** The clock, epoch ms, and the index of the oldest retained day. @throws SessionLostError */
  async moment(): Promise<Moment> {
    return this.read(({ reads }) => reads.moment());
  }

  /** The symbols that could be read at the last answer. */
  activeSymbols(): readonly string[] {
    return this.listing.symbols;
  }

  /** Checks that symbols and an interval can be read. @throws UnknownSymbolError, UnknownIntervalError, SessionLostError */
  async checkRead(symbols?: readonly string[], interval?: string): Promise<void> {
    await this.readChecked([], async (listing) => {
      for (const symbol of symbols ?? listing.symbols) listing.series(symbol, interval);
    });
  }

  /** The newest visible bar, or undefined. @throws UnknownSymbolError, UnknownIntervalError, SessionLostError */
  async latestBar(symbol: string, interval?: string, options?: FillOptions): Promise<ShownBar | undefined> {
    return (await this.lastBars(symbol, interval, 1, options))[0];
  }

  /** The newest visible bar of each symbol that has one. */
  async latestBars(
    symbols: readonly string[],
    interval?: string,
    options?: FillOptions,
  ): Promise<Map<string, ShownBar>> {
    const bars = await this.read(async (listing) => {
      const allSeries = symbols.map((symbol) => listing.series(symbol, interval));
      return (await Promise.all(allSeries.map((series) => series.last(1, options)))).map(([bar]) => bar);
    });
    return new Map(symbols.flatMap((symbol, i) => (bars[i] ? [[symbol, bars[i]]] : [])));
  }

  /**
   * The newest `count` visible bars, oldest first, across days. An empty slot counts only when `fill` fills it.
   * @throws UnknownSymbolError, UnknownIntervalError, SessionLostError, RangeError when `count` is not a whole number from 0 on
   */
  async lastBars(
    symbol: string,
    interval: string | undefined,
    count: number,
    options?: FillOptions,
  ): Promise<ShownBar[]> {
    checkCount('count', count);
    return this.read((listing) => listing.series(symbol, interval).last(count, options));
  }

  /**
   * Visible bars with `from <= openTime < to`, oldest first: all, or at most `limit`. A later call continues at the `openTime` of a
   * derived bar that was still forming (its `complete` is false), otherwise at the last `closeTime`.
   */
  async barsBetween(
    symbol: string,
    interval: string | undefined,
    from: number,
    to: number,
    limit = Infinity,
    options?: FillOptions,
  ): Promise<ShownBar[]> {
    checkTimes({ from, to });
    checkCount('limit', limit);
    return this.read((listing) => listing.series(symbol, interval).between(from, to, limit, options));
  }

  /** Visible bars that opened at `time` or later, oldest first: all, or at most `limit`. */
  async barsSince(
    symbol: string,
    interval: string | undefined,
    time: number,
    limit = Infinity,
    options?: FillOptions,
  ): Promise<ShownBar[]> {
    checkTimes({ time });
    return this.barsBetween(symbol, interval, time, this.layout.end, limit, options);
  }

  /** All closed bars of some symbols, as of now, in parts. Each part is read when the caller takes it; see `readAllBars`. */
  allBars(query: AllBarsQuery): AsyncGenerator<BarsPart> {
    return readAllBars(this, query);
  }

  /** Number of visible bars; one that is still forming does not count. */
  async barCount(symbol: string, interval?: string): Promise<number> {
    return this.read((listing) => listing.series(symbol, interval).count());
  }

  /** By symbol, the number of bars of the history at its interval; undefined while it is not complete, and when there is none. */
  async history(): Promise<Map<string, number> | undefined> {
    if (!this.layout.asksHistory) return undefined;
    return this.readChecked([], ({ redis, layout }) => readHistory(redis, layout));
  }

  /** Metrics of one symbol up to the clock, without the history. @param date limits them to this trading day @throws UnknownDateError */
  async metrics(symbol: string, view = this.view, date?: string): Promise<SlotMetrics> {
    return this.readChecked([symbol], (listing) => readSlotMetrics(listing, symbol, view, date));
  }

  /** Counts by symbol and retained day, without the history. @param known counts of closed days that are not read again */
  async dayCounts(query: DayCountsQuery, known = new CountedDays()): Promise<DayCounts> {
    if (query.limit !== undefined) checkCount('limit', query.limit, 1);
    const run = (listing: Listing) => readDayCounts(listing, { view: this.view, ...query }, known);
    return known.alone(() => this.readChecked(query.symbols, run));
  }

  /** The symbols with empty slots that a forced round of upkeep would request. @throws UnknownSymbolError, SessionLostError */
  async emptySlots(query: EmptySlotsQuery): Promise<EmptySlots[]> {
    return this.readChecked(query.symbols, (listing) => readEmptySlots(listing, query));
  }

  /** The rows without a slot of all symbols except joining ones. @throws SessionLostError */
  async outsideRows(view = this.view): Promise<OutsideRows> {
    return this.readChecked([], async (listing) => {
      const { clock } = await listing.reads.moment();
      return readOutsideRows(listing, new Set(listing.symbols), { view, clock });
    });
  }

  /** Gaps on the retained days without the history, oldest first. They end at the clock, in an operator's view at the frontier. */
  async gaps(symbol: string, view = this.view): Promise<SymbolGap[]> {
    return this.readChecked([symbol], (listing) => readSymbolGaps(listing, symbol, view));
  }

  /**
   * SHA-256 over the chunks of the days that closed by the clock, in key order (I1); in an operator's view over all chunks.
   * @param signal ends the read
   */
  async digest(view = this.view, signal?: AbortSignal): Promise<SessionDigest> {
    return this.readChecked([], (listing) => readDigest(listing, view, signal));
  }

  /** The certificate of the days that the clock and upkeep have passed. @throws SessionLostError */
  async certificate(): Promise<StoreCertificate> {
    return this.readChecked([], certify);
  }

  /** As {@link read}, for a `run` that may not notice a change of symbols: checks for a change afterwards. @throws UnknownSymbolError */
  private async readChecked<T>(symbols: readonly string[] = [], run: (listing: Listing) => Promise<T>): Promise<T> {
    return this.read(async (listing) => {
      for (const symbol of symbols) listing.series(symbol);
      const answer = await run(listing);
      await listing.reads.read([]);
      return answer;
    });
  }

  /** Runs a read. Repeats it when the symbols changed meanwhile, and when a symbol was unknown that a newer list has. */
  private async read<T>(run: (listing: Listing) => Promise<T>): Promise<T> {
    for (let change = 0; ; change++) {
      const { listing } = this;
      try {
        return await run(listing);
      } catch (error) {
        const isChange = error instanceof SymbolsChangedError;
        const isUnknown = error instanceof UnknownSymbolError;
        if ((!isChange && !isUnknown) || change >= CHANGES_MAX) throw error;
        if (this.listing === listing) await this.refresh();
        // The list is still the same, so the symbol is really unknown.
        if (isUnknown && this.listing.key === listing.key) throw error;
      }
    }
  }
}
