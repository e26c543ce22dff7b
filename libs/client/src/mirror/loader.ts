/**
 * Brings a session's stored bars into a mirror's holdings: everything up to the session's clock, piece by piece, and again
 * what was changed behind it. One call at a time. A store that was set back shows nothing new until it has caught up, and is
 * then read anew. Does not decide when to look, nor moves the mirror's clock.
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
import { EventTail, type DayChange, type SaidState } from './event-tail.js';
import { hasEnded } from './errors.js';
import { Holdings } from './holdings.js';
import { keptDays } from './kept-days.js';
import type { LoaderOptions, MissingTime } from './loader-options.js';
import { newestState, statesCommand } from './newest-state.js';
import { SymbolBars } from './symbol-bars.js';

/** Changes of the symbols while one answer is read, before it is given up. */
const CHANGES_MAX = 20;

/** A part of a day that comes after all that is held. */
interface Piece {
  read: DayRead;
  day: number;
  /** Epoch ms. */
  to: number;
}

export class Loader {
  readonly holdings: Holdings;
  /** The session's clock as it was last seen, epoch ms: how far can be loaded. */
  sessionClock: number;
  /** What the events said last of the session's state. */
  state: SaidState | undefined;
  /** The clock that is shown next, epoch ms, as of which days are kept; by default everything that is loaded is shown at once. */
  nextShown = Infinity;
  /** What may be missing of the days that were loaded; undefined when nothing is. */
  missing: MissingTime | undefined;
  /** What the events said last, whether the clock was read after it or not. */
  private said: SaidState | undefined;
  private reads: ClockedReads;
  private tail = new EventTail([]);
  private keepDays: number;
  private mustReload = false;
  private readonly bulk: StoreReads;

  /** To be closed. */
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

  /** Begins: from here on no change is missed. Loads no bars. @throws SessionLostError */
  async begin(): Promise<void> {
    await loadSlotsScript(this.redis);
    await this.guarded(async () => {
      const { layout } = this.holdings;
      const page = statesCommand(layout);
      const [clock, replies] = await this.reads.read([...EventTail.newestCommands(layout), page]);
      this.tail = new EventTail(EventTail.newest(replies.slice(0, -1)));
      this.sessionClock = clock;
      this.said = await newestState(this.reads, layout, replies.at(-1));
    }, true);
  }

  /** Where the first day that the session keeps begins, as it was last seen, epoch ms. */
  get keptFrom(): number {
    const { layout } = this.holdings;
    return layout.grid(Math.min(this.reads.firstKept, layout.days.length - 1)).open;
  }

  /** Id of the newest entry of partition 0's events that was taken in. */
  get lastEventId(): string {
    return this.tail.cursor(0);
  }

  /**
   * Looks where the session is and takes in what was changed behind it.
   * @param hint where the session's clock is at least: bars up to there are loaded in the same round trip
   * @throws SessionLostError
   */
  async look(hint = -Infinity): Promise<void> {
    for (let isMore = true; isMore;) isMore = await this.guarded(() => this.lookOnce(hint));
  }

  /** Loads the next piece towards the session's clock, the end of one day at most. @returns false when there is none */
  async loadPiece(to = Infinity): Promise<boolean> {
    return this.guarded(async () => {
      if (this.mustReload) return false;
      const piece = this.piece(Math.min(to, this.sessionClock));
      if (!piece) return false;
      const [clock] = await this.reads.read(piece.read.commands, (now) =>
        now < piece.to ? undefined : piece.read.taker(),
      );
      this.taken(piece, clock);
      return true;
    });
  }

  /** Forgets days that are kept no longer at the holdings' clock, here or in the session. */
  trim(): void {
    const { holdings } = this;
    const day = dayAtClock(holdings.layout, holdings.clock);
    const firstKept = Math.max(day - this.keepDays, Math.min(this.reads.firstKept, day));
    if (firstKept > holdings.heldFrom) holdings.dropBefore(firstKept);
  }

  private async lookOnce(hint: number): Promise<boolean> {
    const { holdings } = this;
    const { layout, loadedTo } = holdings;
    const events = this.tail.commands(layout);
    const piece = this.mustReload ? undefined : this.piece(hint);
    const [clock, replies] = await this.reads.read([...events, ...(piece?.read.commands ?? [])], (now) =>
      piece && now >= Math.max(piece.to, loadedTo) ? piece.read.taker(events.length) : undefined,
    );
    const said = this.tail.take(replies.slice(0, events.length));
    if (clock < loadedTo) {
      // Set back: what is shown was shown before, and stays; it is read anew once the store is there again.
      this.mustReload = true;
      this.sessionClock = clock;
      this.tail.commit(said);
      return this.takeState(said.state) || said.isMore;
    }
    if (piece) this.taken(piece, clock);
    if (said.isGap || this.mustReload) {
      this.mustReload = !(await this.reload(holdings.sorted, layout, this.reads));
    } else {
      // What was loaded just now was read after these events.
      this.mustReload = !(await this.reread(said.changes, loadedTo));
    }
    this.sessionClock = clock;
    this.tail.commit(said);
    return this.takeState(said.state) || said.isMore;
  }

  /** An end counts once the clock was read after it: the one of this round may be from before it. @returns whether that is to be done */
  private takeState(said: SaidState | undefined): boolean {
    const wasSaid = hasEnded(this.said);
    this.said = said ?? this.said;
    const isUnsure = hasEnded(this.said) && !wasSaid;
    if (!isUnsure) this.state = this.said;
    return isUnsure;
  }

  /** The next piece of what closed by `limit`, epoch ms. */
  private piece(limit: number): Piece | undefined {
    const { holdings } = this;
    const { layout, loadedTo } = holdings;
    if (limit <= loadedTo) return undefined;
    const day = layout.dayIndexAt(loadedTo);
    if (day >= layout.days.length) return undefined;
    const to = Math.min(limit, layout.grid(day).close);
    // Not by what is loaded: that may be days ahead of what is shown.
    const shown = dayAtClock(layout, Math.min(limit, this.nextShown));
    const isKept = day >= Math.max(holdings.heldFrom, shown - this.keepDays);
    const read = new DayRead(layout);
    if (isKept) read.append({ day, from: loadedTo, to, intervals: this.stored(layout), symbols: holdings.sorted });
    return { read, day, to };
  }

  /** What a piece was read for is there, unless the store turned out not to be that far. */
  private taken({ read, day, to }: Piece, clock: number): void {
    this.sessionClock = clock;
    if (clock < to) return;
    if (read.commands.length > 0 && day < this.reads.firstKept) {
      this.missing = { after: this.missing?.after ?? this.holdings.loadedTo, until: this.keptFrom };
    }
    this.holdings.loadedTo = to;
    this.holdings.changes++;
  }

  /** @param before what was loaded up to there, epoch ms, may have changed @returns as {@link rewrite} */
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

  /** Reads everything of symbols that is held, day by day. @returns as {@link rewrite} */
  private async reload(symbols: readonly SymbolBars[], layout: SessionLayout, reads: ClockedReads): Promise<boolean> {
    const { loadedTo, heldFrom } = this.holdings;
    for (let day = heldFrom; day < layout.days.length && layout.grid(day).open < loadedTo; day++) {
      const read = new DayRead(layout).replace({ day, to: loadedTo, intervals: this.stored(layout), symbols });
      if (!(await this.rewrite(read, reads))) return false;
    }
    return true;
  }

  /** Reads what is held anew, and shows all of it in one turn. @returns false when the store turned out not to be that far */
  private async rewrite(read: DayRead, reads: ClockedReads): Promise<boolean> {
    const { holdings } = this;
    const [clock, replies] = await reads.read(read.commands);
    if (clock < holdings.loadedTo) return false;
    read.takeAll(replies);
    holdings.changes++;
    holdings.rewrites++;
    return true;
  }

  /** The intervals that are read: where derived bars are made here, the base interval alone. */
  private stored(layout: SessionLayout) {
    return this.holdings.derivedBy === 'client' ? [layout.base] : [layout.base, ...layout.derived];
  }

  private held(names: Iterable<string>): SymbolBars[] {
    return [...names].flatMap((name) => this.holdings.get(name) ?? []);
  }

  /** Runs a read, and again when the symbols changed under it. */
  private async guarded<T>(run: () => Promise<T>, isFirst = false): Promise<T> {
    if (isFirst) await this.refreshSymbols();
    for (let change = 0; ; change++) {
      try {
        return await run();
      } catch (error) {
        if (change >= CHANGES_MAX) throw error;
        if (error instanceof SymbolsChangedError) await this.refreshSymbols();
        else if (isScriptUnknown(error)) await loadSlotsScript(this.redis);
        else throw error;
      }
    }
  }

  /** Takes in which symbols the session has now; those that came are loaded up to where the others are. */
  private async refreshSymbols(): Promise<void> {
    for (let change = 0; ; change++) {
      try {
        await this.takeSymbols();
        return;
      } catch (error) {
        if (!(error instanceof SymbolsChangedError) || change >= CHANGES_MAX) throw error;
      }
    }
  }

  private async takeSymbols(): Promise<void> {
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
      // One that left and came back is in another partition.
      if (held?.partition === partition) return held;
      return new SymbolBars(symbol, partition, layout, holdings.derivedBy, keepDays + 2);
    });
    const comers = all.filter((bars) => holdings.get(bars.symbol) !== bars);
    if (comers.length === 0) await reads.read([]);
    else if (!(await this.reload(comers, layout, reads))) this.mustReload = true;
    holdings.setSymbols(layout, all);
    this.reads = reads;
    this.keepDays = keepDays;
  }
}
