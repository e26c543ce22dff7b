/**
 * Loads a session's stored bars into a mirror's holdings: piece by piece up to the session's clock, and again the days that
 * changed after they were loaded. One call at a time. When the store was set back, nothing new is loaded until its clock has
 * caught up; then everything is reloaded. Does not decide when to load, and does not move the mirror's clock.
 */
import {
  ClockedReads,
  dayAtClock,
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
import { DayRead } from './day-read.js';
import { EventTail, type DayChange } from './event-tail.js';
import { Holdings, keptDays } from './holdings.js';
import { hasEnded, newestState, statesCommand, type ReportedState } from './session-state.js';
import { SymbolBars, type DerivedBy } from './symbol-bars.js';

/** How often the symbols may change during one read before the loader gives up. */
const CHANGES_MAX = 20;

/** The options of a loader. */
export interface LoaderOptions {
  /** Days that are kept in addition to the day of the clock. @default as many as fit 512 MiB */
  keepDays?: number;
  derivedBy?: DerivedBy;
}

/** A part of a day that comes after everything that is held. */
interface Piece {
  read: DayRead;
  day: number;
  /** Epoch ms. */
  to: number;
}

export class Loader {
  readonly holdings: Holdings;
  /** The session's clock when it was last read, epoch ms: the limit of what can be loaded. */
  sessionClock: number;
  /** The newest state in the session's events; a final state only after the final clock was read. */
  state: ReportedState | undefined;
  /** The time that is shown next, epoch ms: it decides which days are kept. By default every load is shown at once. */
  nextShown = Infinity;
  /**
   * Bars that closed after `after` and opened before `until`, epoch ms, may be missing, because the session dropped their days
   * while they were read; undefined when all are there.
   */
  missing: { after: number; until: number } | undefined;
  /** The newest state in the session's events. */
  private reported: ReportedState | undefined;
  private reads: ClockedReads;
  private tail = new EventTail([]);
  private keepDays: number;
  private mustReload = false;
  private readonly bulk: StoreReads;

  /** The caller must call {@link Loader.close}. */
  constructor(
    private readonly redis: Redis,
    layout: SessionLayout,
    private readonly options: LoaderOptions = {},
  ) {
    this.bulk = storeReads(redis);
    this.holdings = new Holdings(layout, options.derivedBy ?? 'upkeep');
    this.sessionClock = layout.start;
    this.reads = this.readsOf(layout);
    this.keepDays = keptDays(layout, options.keepDays);
  }

  close(): void {
    this.bulk.close();
  }

  private readsOf(layout: SessionLayout, key?: string): ClockedReads {
    return new ClockedReads(this.redis, layout, key, (commands, take) => this.bulk.run(commands, take));
  }

  /** Reads the position in the event streams: no later change is missed. Loads no bars. @throws SessionLostError */
  async begin(): Promise<void> {
    await loadSlotsScript(this.redis);
    await this.guarded(async () => {
      const { layout } = this.holdings;
      const page = statesCommand(layout);
      const [clock, replies] = await this.reads.read([...EventTail.newestCommands(layout), page]);
      this.tail = new EventTail(EventTail.newest(replies.slice(0, -1)));
      this.sessionClock = clock;
      this.reported = await newestState(this.reads, layout, replies.at(-1));
    }, true);
  }

  /** Open of the first day that the session retains, epoch ms, as of the last read. */
  get keptFrom(): number {
    const { layout } = this.holdings;
    return layout.grid(Math.min(this.reads.firstKept, layout.days.length - 1)).open;
  }

  /** Ids of the newest processed entries in the events and in the changes of partition 0, by key. */
  lastIds(): Map<string, string> {
    const { events, changes } = this.holdings.layout.keysOf(0);
    return new Map([events, changes].map((key, stream) => [key, this.tail.cursor(stream)]));
  }

  /**
   * Reads the session's clock and events, and reloads the days that changed.
   * @param hint a lower bound of the session's clock: bars up to this time are loaded in the same round trip
   * @throws SessionLostError
   */
  async refresh(hint = -Infinity): Promise<void> {
    for (let isMore = true; isMore;) isMore = await this.guarded(() => this.refreshOnce(hint));
  }

  /** Loads the next piece up to the session's clock, at most to the end of a day. @returns false when there is none */
  async loadPiece(to = Infinity): Promise<boolean> {
    return this.guarded(async () => {
      if (this.mustReload) return false;
      const piece = this.piece(Math.min(to, this.sessionClock));
      if (!piece) return false;
      const [clock] = await this.reads.read(piece.read.commands, (now) =>
        now < piece.to ? undefined : piece.read.receiver(),
      );
      this.noteLoaded(piece, clock);
      return true;
    });
  }

  /** Drops days that are outside `keepDays` at the holdings' clock, or that the session dropped. */
  trim(): void {
    const { holdings } = this;
    const day = dayAtClock(holdings.layout, holdings.clock);
    const firstKept = Math.max(day - this.keepDays, Math.min(this.reads.firstKept, day));
    if (firstKept > holdings.heldFrom) holdings.dropBefore(firstKept);
  }

  private async refreshOnce(hint: number): Promise<boolean> {
    const { holdings } = this;
    const { layout, loadedTo } = holdings;
    const events = this.tail.commands(layout);
    const piece = this.mustReload ? undefined : this.piece(hint);
    const [clock, replies] = await this.reads.read([...events, ...(piece?.read.commands ?? [])], (now) =>
      piece && now >= Math.max(piece.to, loadedTo) ? piece.read.receiver(events.length) : undefined,
    );
    const round = this.tail.decode(replies.slice(0, events.length));
    if (clock < loadedTo) {
      // The store was set back. Shown bars stay; everything is reloaded when the clock has caught up.
      this.mustReload = true;
    } else {
      if (piece) this.noteLoaded(piece, clock);
      const mustReload = round.isGap || this.mustReload;
      // The new piece was read after these events, so only what was loaded before it may be stale.
      const isWhole = mustReload
        ? await this.reload(holdings.sorted, layout, this.reads)
        : await this.reread(round.changes, loadedTo);
      this.mustReload = !isWhole;
    }
    this.sessionClock = clock;
    this.tail.commit(round);
    return this.setState(round.state) || round.isMore;
  }

  /**
   * A final state counts only when the clock was read after it, because the clock of this round may be older than the state.
   * @returns whether another round is needed for that
   */
  private setState(state: ReportedState | undefined): boolean {
    const wasEnded = hasEnded(this.reported);
    this.reported = state ?? this.reported;
    const isUnsure = hasEnded(this.reported) && !wasEnded;
    if (!isUnsure) this.state = this.reported;
    return isUnsure;
  }

  /** The next piece of the bars that closed by `limit`, epoch ms. */
  private piece(limit: number): Piece | undefined {
    const { holdings } = this;
    const { layout, loadedTo } = holdings;
    if (limit <= loadedTo) return undefined;
    const day = layout.dayIndexAt(loadedTo);
    if (day >= layout.days.length) return undefined;
    const to = Math.min(limit, layout.grid(day).close);
    // Decided by what is shown, because the loaded part may be days ahead.
    const shown = dayAtClock(layout, Math.min(limit, this.nextShown));
    const isKept = day >= Math.max(holdings.heldFrom, shown - this.keepDays);
    const read = new DayRead(layout);
    if (isKept) read.append({ day, from: loadedTo, to, intervals: this.stored(layout), symbols: holdings.sorted });
    return { read, day, to };
  }

  /** Notes that a piece is loaded, unless the session's clock turned out to be before its end. */
  private noteLoaded({ read, day, to }: Piece, clock: number): void {
    this.sessionClock = clock;
    if (clock < to) return;
    if (read.commands.length > 0 && day < this.reads.firstKept) {
      this.missing = { after: this.missing?.after ?? this.holdings.loadedTo, until: this.keptFrom };
    }
    this.holdings.loadedTo = to;
    this.holdings.changes++;
  }

  /** @param before only bars that were loaded up to this time, epoch ms, may be stale @returns as {@link rewrite} */
  private async reread(changes: ReadonlyMap<string, DayChange>, before: number): Promise<boolean> {
    const { holdings } = this;
    const { layout, loadedTo } = holdings;
    const read = new DayRead(layout);
    for (const [date, { base, derived }] of changes) {
      const day = layout.dayIndexOf(date);
      if (day === undefined || day < holdings.heldFrom || layout.grid(day).open >= before) continue;
      const part = { day, to: loadedTo };
      read.replace({ ...part, intervals: [layout.base], symbols: this.held(base) });
      if (holdings.derivedBy === 'upkeep') {
        read.replace({ ...part, intervals: layout.derived, symbols: this.held(derived) });
      }
    }
    return read.commands.length === 0 || this.rewrite(read, this.reads);
  }

  /** Reads the held days of the symbols again, day by day. @returns as {@link rewrite} */
  private async reload(symbols: readonly SymbolBars[], layout: SessionLayout, reads: ClockedReads): Promise<boolean> {
    const { loadedTo, heldFrom } = this.holdings;
    for (let day = heldFrom; day < layout.days.length && layout.grid(day).open < loadedTo; day++) {
      const read = new DayRead(layout).replace({ day, to: loadedTo, intervals: this.stored(layout), symbols });
      if (!(await this.rewrite(read, reads))) return false;
    }
    return true;
  }

  /** Reads held bars again and replaces all of them in one turn. @returns false when the session's clock is before the held bars' end */
  private async rewrite(read: DayRead, reads: ClockedReads): Promise<boolean> {
    const { holdings } = this;
    const [clock, replies] = await reads.read(read.commands);
    if (clock < holdings.loadedTo) return false;
    read.receiveAll(replies);
    holdings.changes++;
    holdings.rewrites++;
    return true;
  }

  /** The intervals to read: only the base interval when this process derives bars. */
  private stored(layout: SessionLayout) {
    return this.holdings.derivedBy === 'client' ? [layout.base] : layout.intervals;
  }

  private held(names: Iterable<string>): SymbolBars[] {
    return [...names].flatMap((name) => this.holdings.get(name) ?? []);
  }

  /** Runs a read, and repeats it when the symbols changed during it. @param isFirst the symbols are read before it */
  private async guarded<T>(run: () => Promise<T>, isFirst = false): Promise<T> {
    let haveChanged = isFirst;
    for (let change = 0; ; change++) {
      try {
        if (haveChanged) await this.loadSymbols();
        haveChanged = false;
        return await run();
      } catch (error) {
        if (change >= CHANGES_MAX) throw error;
        if (error instanceof SymbolsChangedError) haveChanged = true;
        else if (isScriptUnknown(error)) await loadSlotsScript(this.redis);
        else throw error;
      }
    }
  }

  /** Reads the session's symbols; new ones are loaded up to `loadedTo`. */
  private async loadSymbols(): Promise<void> {
    const { holdings } = this;
    const { membership, joining } = await readSymbols(this.redis, holdings.layout);
    const isSame = membership.version === holdings.layout.membership.version;
    const layout = isSame ? holdings.layout : withMembership(holdings.layout, membership);
    const reads = this.readsOf(layout, symbolsKey(String(membership.version), joining.join(' ')));
    const shown = layout.symbols.filter((symbol) => !joining.includes(symbol));
    const keepDays = keptDays(layout, this.options.keepDays);
    const all = shown.map((symbol) => {
      const partition = layout.partitionOf(symbol)!;
      const held = holdings.get(symbol);
      // A symbol that was removed and added again is in another partition.
      if (held?.partition === partition) return held;
      return new SymbolBars(symbol, partition, layout, holdings.derivedBy, keepDays + 2);
    });
    const added = all.filter((bars) => holdings.get(bars.symbol) !== bars);
    if (added.length === 0) await reads.read([]);
    else if (!(await this.reload(added, layout, reads))) this.mustReload = true;
    holdings.setSymbols(layout, all);
    this.reads = reads;
    this.keepDays = keepDays;
  }
}
