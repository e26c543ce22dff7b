/**
 * Reads one session at its clock: only bars with `closeTime <= clock` are visible (I2). A derived bar that is still forming is
 * made of visible base bars, and ends with the last closed slot among them. Ranges exclude their end; times are epoch ms. How
 * bars are fetched: bar-series.ts. Symbols may join and leave at any time: each answer is for one list of symbols, the list
 * that the session had at the read.
 */
import type { ShownBar } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { type AllBarsQuery, type BarsPart, readAllBars } from './all-bars.js';
import { BarSeries, type FillOptions } from './bar-series.js';
import { certify, type StoreCertificate } from './certificate.js';
import { ClockedReads } from './clocked-reads.js';
import { CountedDays } from './counted-days.js';
import { digestOfKept, type SessionDigest } from './digest.js';
import {
  type SessionLayout,
  SymbolsChangedError,
  UnknownIntervalError,
  UnknownSymbolError,
  type View,
} from '../layout/index.js';
import {
  type DayCounts,
  type DayCountsQuery,
  type EmptySlots,
  type EmptySlotsQuery,
  readDayCounts,
  readEmptySlots,
} from './slot-counts.js';
import { readOutsideRows, type OutsideRows } from './refusals.js';
import { readHistory } from '../stream/index.js';
import { readSymbols, symbolsKey, withMembership } from '../symbols/index.js';
import { readSymbolGaps, readSlotMetrics, type SymbolGap, type SlotMetrics } from './metrics.js';
import { readPosition, readVisiblePosition, type SessionPosition } from './position.js';

/** Most bars in an answer, unless the caller sets another limit. */
const DEFAULT_LIMIT = 10_000;
/** How often a read is repeated because the symbols changed during it, before it fails. */
const CHANGES_MAX = 20;

/** One list of symbols, and what reads the session with this list. */
interface Listing {
  layout: SessionLayout;
  /** Symbols that cannot be read yet. */
  joining: ReadonlySet<string>;
  /** Changes with the list; see `symbolsKey`. */
  key: string;
  reads: ClockedReads;
}

/** A session that is open for reading. */
export class OpenSession {
  private listing: Listing;

  /**
   * @param layout the session; its symbols are looked up when the session is first read
   * @param view the default view of {@link position}, {@link metrics}, {@link gaps} and {@link digest}. Bars after the clock
   *   are visible in neither view
   */
  constructor(
    private readonly redis: Redis,
    layout: SessionLayout,
    readonly view: View = 'strategy',
  ) {
    this.listing = listingOf(redis, layout, []);
  }

  /** The session with the symbols that it had when it was last read. */
  get layout(): SessionLayout {
    return this.listing.layout;
  }

  /** Looks up which symbols the session has now. @throws SessionLostError */
  async refresh(): Promise<void> {
    const { layout } = this.listing;
    const { membership, joining } = await readSymbols(this.redis, layout);
    const isSame = membership.version === layout.membership.version;
    this.listing = listingOf(this.redis, isSame ? layout : withMembership(layout, membership), joining);
  }

  /**
   * Clock, frontier, watermark, and the counts of all symbols up to the frontier. In a strategy's view frontier, watermark and
   * counts end at the clock. @throws SessionLostError
   */
  async position(view = this.view): Promise<SessionPosition> {
    return this.readStore([], async ({ layout, joining }) => {
      if (view === 'strategy') return readVisiblePosition(this.redis, layout, joining);
      // Leaves out the frontiers of the partitions.
      const { clock, control, frontier, watermark, counts, refused } = await readPosition(this.redis, layout, joining);
      return { clock, control, frontier, watermark, counts, refused };
    });
  }

  /** The session's clock, epoch ms. @throws SessionLostError */
  async clock(): Promise<number> {
    return this.read(async ({ reads }) => (await reads.read([]))[0]);
  }

  /** The symbols that could be read at the last answer. */
  activeSymbols(): readonly string[] {
    return readableOf(this.listing);
  }

  /** Checks that symbols and an interval can be read. @throws UnknownSymbolError, UnknownIntervalError, SessionLostError */
  async checkRead(symbols?: readonly string[], interval?: string): Promise<void> {
    await this.readStore([], async (listing) => this.check(listing, symbols ?? readableOf(listing), interval));
  }

  /** The newest visible bar, or undefined. @throws UnknownSymbolError, UnknownIntervalError, SessionLostError */
  async latestBar(symbol: string, interval?: string, options?: FillOptions): Promise<ShownBar | undefined> {
    return (await this.lastBars(symbol, interval, 1, options))[0];
  }

  /** The newest visible bar of each symbol that has one. */
  async latestBars(
    symbols: readonly string[],
    interval?: string,
    { fill = 'none' }: FillOptions = {},
  ): Promise<Map<string, ShownBar>> {
    const bars = await this.read(async (listing) => {
      const allSeries = symbols.map((symbol) => this.series(listing, symbol, interval));
      return (await Promise.all(allSeries.map((series) => series.last(1, fill)))).map(([bar]) => bar);
    });
    return new Map(symbols.flatMap((symbol, i) => (bars[i] ? [[symbol, bars[i]]] : [])));
  }

  /** The newest `count` visible bars, oldest first, across days. An empty slot counts only when `fill` fills it. */
  async lastBars(
    symbol: string,
    interval: string | undefined,
    count: number,
    { fill = 'none' }: FillOptions = {},
  ): Promise<ShownBar[]> {
    return this.read((listing) => this.series(listing, symbol, interval).last(count, fill));
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
    limit = DEFAULT_LIMIT,
    { fill = 'none' }: FillOptions = {},
  ): Promise<ShownBar[]> {
    return this.read((listing) => this.series(listing, symbol, interval).between(from, to, limit, fill));
  }

  /** Visible bars that opened at `time` or later, oldest first, at most `limit`. */
  async barsSince(
    symbol: string,
    interval: string | undefined,
    time: number,
    limit = DEFAULT_LIMIT,
    options?: FillOptions,
  ): Promise<ShownBar[]> {
    return this.barsBetween(symbol, interval, time, this.layout.end, limit, options);
  }

  /** All closed bars of some symbols, as of now, in parts. Each part is read when the caller takes it; see `readAllBars`. */
  allBars(query: AllBarsQuery): AsyncGenerator<BarsPart> {
    return readAllBars(this, query);
  }

  /** Number of visible bars; one that is still forming does not count. */
  async barCount(symbol: string, interval?: string): Promise<number> {
    return this.read((listing) => this.series(listing, symbol, interval).count());
  }

  /**
   * By symbol, the number of bars of the history, at the interval that the spec's history names, otherwise at the base
   * interval; undefined while the history is not complete, and when there is none.
   */
  async history(): Promise<Map<string, number> | undefined> {
    if (!this.layout.asksHistory) return undefined;
    return this.readStore([], ({ layout }) => readHistory(this.redis, layout));
  }

  /**
   * Quality, counts and extremes of one symbol up to the clock, on the retained days without the history.
   * @param date limits counts and the day's extremes to this trading day @throws UnknownDateError
   */
  async metrics(symbol: string, view = this.view, date?: string): Promise<SlotMetrics> {
    return this.readStore([symbol], ({ layout }) => readSlotMetrics(this.redis, layout, symbol, view, date));
  }

  /**
   * Counts for a page of symbols on each retained day without the history, sorted by symbol.
   * @param known what earlier calls have read: whole closed days in it are not read again
   * @throws UnknownSymbolError, SessionLostError
   */
  async dayCounts(query: DayCountsQuery, known = new CountedDays()): Promise<DayCounts> {
    const run = (listing: Listing) =>
      readDayCounts(this.redis, listing.layout, readableOf(listing), { view: this.view, ...query }, known);
    return known.alone(() => this.readStore(query.symbols, run));
  }

  /** The symbols with empty slots that a forced round of upkeep would request. @throws UnknownSymbolError, SessionLostError */
  async emptySlots(query: EmptySlotsQuery): Promise<EmptySlots[]> {
    return this.readStore(query.symbols, (listing) =>
      readEmptySlots(this.redis, listing.layout, readableOf(listing), query),
    );
  }

  /** The rows without a slot of all symbols except joining ones. @throws SessionLostError */
  async outsideRows(view = this.view): Promise<OutsideRows> {
    return this.readStore([], async (listing) => {
      const [clock] = await listing.reads.read([]);
      return readOutsideRows(this.redis, listing.layout, new Set(readableOf(listing)), { view, clock });
    });
  }

  /**
   * Gaps of one symbol on the retained days without the history, oldest first, up to the clock (in an operator's view up to
   * the frontier). A gap that spans this limit ends there.
   */
  async gaps(symbol: string, view = this.view): Promise<SymbolGap[]> {
    return this.readStore([symbol], ({ layout }) => readSymbolGaps(this.redis, layout, symbol, view));
  }

  /** SHA-256 over the chunks of the days that closed by the clock, in key order (I1); in an operator's view over all chunks. */
  async digest(view = this.view): Promise<SessionDigest> {
    return this.readStore([], async ({ layout, reads }) => {
      return digestOfKept(this.redis, layout, reads, view === 'operator' ? () => layout.end : (clock) => clock);
    });
  }

  /** The certificate of the days that the clock and upkeep have passed. @throws SessionLostError */
  async certificate(): Promise<StoreCertificate> {
    return this.readStore([], async ({ layout, joining, reads }) => {
      const { clock, watermark } = await readPosition(this.redis, layout, joining);
      const upTo = layout.spec.upkeep.enabled ? Math.min(clock, watermark) : clock;
      return certify(this.redis, layout, reads, readableOf({ layout, joining }), upTo);
    });
  }

  /** {@link read} for a `run` that may not notice a change of symbols: checks for one afterwards. @throws UnknownSymbolError */
  private async readStore<T>(symbols: readonly string[] = [], run: (listing: Listing) => Promise<T>): Promise<T> {
    return this.read(async (listing) => {
      this.check(listing, symbols);
      const answer = await run(listing);
      await listing.reads.read([]);
      return answer;
    });
  }

  /** Runs a read, and repeats it when the symbols changed meanwhile: also when a newer list may have the unknown symbol. */
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

  /** Throws unless the symbols and the interval can be read. */
  private check(listing: Listing, symbols: readonly string[], interval?: string): void {
    for (const symbol of symbols) this.series(listing, symbol, interval);
  }

  /** @throws UnknownSymbolError, UnknownIntervalError */
  private series({ layout, joining, reads }: Listing, symbol: string, interval: string = layout.base.name): BarSeries {
    const partition = layout.partitionOf(symbol);
    if (partition === undefined || joining.has(symbol)) {
      throw new UnknownSymbolError(layout.id, symbol, joining.has(symbol));
    }
    const stored = layout.interval(interval);
    if (!stored) {
      const known = layout.intervals.map(({ name }) => name);
      throw new UnknownIntervalError(layout.id, interval, known);
    }
    return new BarSeries(reads, layout, symbol, stored, layout.keysOf(partition));
  }
}

function listingOf(redis: Redis, layout: SessionLayout, joining: readonly string[]): Listing {
  const key = symbolsKey(String(layout.membership.version), joining.join(' '));
  return { layout, joining: new Set(joining), key, reads: new ClockedReads(redis, layout, key) };
}

/** The symbols that can be read: all but the joining ones. */
function readableOf({ layout, joining }: Pick<Listing, 'layout' | 'joining'>): string[] {
  return layout.symbols.filter((symbol) => !joining.has(symbol));
}
