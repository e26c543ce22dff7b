/**
 * Loads a session's stored bars into a mirror's holdings, piece by piece up to the session's clock, and reloads days that changed
 * after they were loaded. One call at a time. When the store was set back to an earlier clock, nothing new is loaded until its clock has
 * caught up; then everything is reloaded. The caller decides when to load, and moves the mirror's clock.
 */
import { dayAtClock, loadSlotsScript, type ClockedReads, type SessionLayout } from '@barkeep/session-data';
import type { Redis } from 'ioredis';
import { CurrentReads } from './current-reads.js';
import { DayRead } from './day-read.js';
import { EventTail, type TailRound } from './event-tail.js';
import { Holdings } from './holdings.js';
import { rereadChanges, rereadDays } from './reread.js';
import { hasEnded, newestState, statesCommand } from './session-state.js';
import type { ReportedState } from './stream-entry.js';
import type { DerivedBy } from './symbol-bars.js';

export interface LoaderOptions {
  /** Days that are kept in addition to the day of the clock. @default as many as fit 512 MiB */
  keepDays?: number;
  /** @default 'upkeep' */
  derivedBy?: DerivedBy;
  /** Called after each answered read: one call of the loader may make many. */
  onAnswer?: () => void;
}

/** The next part to load: the bars of one day that close after `loadedTo`. */
interface Piece {
  /** Reads the bars; has no commands when the day is not kept. */
  read: DayRead;
  /** Index into the layout's days. */
  day: number;
  /** The end of the piece, epoch ms: its bars close by then. */
  to: number;
}

export class Loader {
  readonly holdings: Holdings;
  /** The caller closes it. */
  readonly reads: CurrentReads;
  /** The session's clock when it was last read, epoch ms: the limit of what can be loaded. */
  sessionClock: number;
  /** The newest state in the session's events. A final state appears here only after the final clock was read. */
  state: ReportedState | undefined;
  /** The time that the caller shows next, epoch ms; it decides which days are kept. By default every load is shown at once. */
  nextShown = Infinity;
  /**
   * Bars that closed after `after` and opened before `until`, epoch ms, may be missing, because the session dropped their days
   * while they were read; undefined when no bar is missing.
   */
  missing: { after: number; until: number } | undefined;
  /** The newest state in the session's events, also when the final clock was not read yet. */
  private reported: ReportedState | undefined;
  /** The position in the event streams. */
  private tail = new EventTail([]);

  /** @throws KeepDaysError */
  constructor(
    private readonly redis: Redis,
    layout: SessionLayout,
    options: LoaderOptions,
  ) {
    this.holdings = new Holdings(layout, options.derivedBy ?? 'upkeep', options.keepDays);
    this.reads = new CurrentReads(redis, this.holdings, options.onAnswer);
    this.sessionClock = layout.start;
  }

  /** Reads the position in the event streams, so that no later change is missed. Loads no bars. @throws SessionLostError */
  async begin(): Promise<void> {
    await loadSlotsScript(this.redis);
    await this.reads.run(async (reads) => {
      const { layout } = this.holdings;
      const [clock, replies] = await reads.read([...EventTail.newestCommands(layout), statesCommand(layout)]);
      this.tail = new EventTail(EventTail.newest(replies.slice(0, -1)));
      this.sessionClock = clock;
      this.reported = await newestState(reads, layout, replies.at(-1));
    });
  }

  /** Open of the first day that the session retains, epoch ms, as of the last read. */
  get keptFrom(): number {
    const { layout } = this.holdings;
    return layout.grid(Math.min(this.reads.firstKept, layout.days.length - 1)).open;
  }

  /** Ids of the newest processed entries in the events and in the changes of partition 0, by key. */
  lastIds(): Map<string, string> {
    const { events, changes } = this.holdings.layout.keysOf(0);
    const firstStreams = [events, changes]; // those of the tail begin with these two
    return new Map(firstStreams.map((key, stream) => [key, this.tail.cursor(stream)]));
  }

  /**
   * Reads the session's clock and events, and reloads the days that changed.
   * @param hint a lower bound of the session's clock: bars up to this time are loaded in the same round trip
   * @throws SessionLostError
   */
  async refresh(hint: number): Promise<void> {
    for (let isMore = true; isMore;) isMore = await this.reads.run((reads) => this.refreshOnce(reads, hint));
  }

  /** Loads the next piece: up to the session's clock, `to` (epoch ms) or the end of a day. @returns false when no piece is left */
  async loadPiece(to: number): Promise<boolean> {
    return this.reads.run(async (reads) => {
      const piece = this.nextPiece(Math.min(to, this.sessionClock));
      if (!piece) return false;
      const [clock] = await reads.read(piece.read.commands, (now) =>
        now < piece.to ? undefined : piece.read.receiver(),
      );
      this.noteLoaded(piece, clock);
      return true;
    });
  }

  /** One round of {@link refresh}. @returns whether another round is needed */
  private async refreshOnce(reads: ClockedReads, hint: number): Promise<boolean> {
    const { holdings } = this;
    const { layout, loadedTo } = holdings;
    const eventCommands = this.tail.commands(layout);
    const piece = this.nextPiece(hint);
    const commands = [...eventCommands, ...(piece?.read.commands ?? [])];
    const [clock, replies] = await reads.read(commands, (now) =>
      // Takes the bars only when the clock has reached the end of the piece: until then the piece may be incomplete.
      piece && now >= piece.to ? piece.read.receiver(eventCommands.length) : undefined,
    );
    const round = this.tail.decode(replies.slice(0, eventCommands.length));
    const wasSetBack = clock < loadedTo;
    if (piece && !wasSetBack) this.noteLoaded(piece, clock);
    // After a set-back, shown bars stay, and everything is reloaded when the clock has caught up. Otherwise only bars that were loaded
    // before this round may be stale: the piece was read after the round's events.
    holdings.mustReload = wasSetBack || !(await this.reloadStale(reads, round, loadedTo));
    this.sessionClock = clock;
    this.tail.commit(round);
    return this.noteState(round.state) || round.isMore;
  }

  /** Reloads all held days if necessary, otherwise those that changed. @returns false when the store was set back */
  private reloadStale(reads: ClockedReads, round: TailRound, loadedBefore: number): Promise<boolean> {
    const { holdings } = this;
    if (holdings.mustReload || round.hasMissedEntries) {
      return rereadDays(holdings, reads, holdings.layout, holdings.sorted);
    }
    return rereadChanges(holdings, reads, round.changes, loadedBefore);
  }

  /**
   * Notes the newest state. A final state becomes {@link state} only in the next round, because the clock of this round may be older.
   * @returns whether that further round is needed
   */
  private noteState(state: ReportedState | undefined): boolean {
    const wasEnded = hasEnded(this.reported);
    this.reported = state ?? this.reported;
    const hasJustEnded = hasEnded(this.reported) && !wasEnded;
    if (!hasJustEnded) this.state = this.reported;
    return hasJustEnded;
  }

  /** The next piece of the bars that closed by `limit`, epoch ms; undefined when they are loaded, or when a reload must come first. */
  private nextPiece(limit: number): Piece | undefined {
    const { holdings } = this;
    const { layout, loadedTo } = holdings;
    if (limit <= loadedTo || holdings.mustReload) return undefined;
    const day = layout.dayIndexAt(loadedTo);
    if (day >= layout.days.length) return undefined;
    const to = Math.min(limit, layout.grid(day).close);
    // The shown time decides which days are kept, because the loaded part may be days ahead of it.
    const shown = dayAtClock(layout, Math.min(limit, this.nextShown));
    const isKept = day >= Math.max(holdings.heldFrom, shown - holdings.keepDays);
    const read = new DayRead(layout);
    const [intervals, symbols] = [holdings.storedIntervals(layout), holdings.sorted];
    if (isKept) read.append({ day, from: loadedTo, to, intervals, symbols });
    return { read, day, to };
  }

  /** Notes that a piece is loaded. When the session's clock was before the end of the piece, nothing was taken from the reply. */
  private noteLoaded({ read, day, to }: Piece, clock: number): void {
    this.sessionClock = clock;
    if (clock < to) return;
    const wasDropped = read.commands.length > 0 && day < this.reads.firstKept;
    if (wasDropped) this.missing = { after: this.missing?.after ?? this.holdings.loadedTo, until: this.keptFrom };
    this.holdings.loadedTo = to;
    this.holdings.changes++;
  }
}
