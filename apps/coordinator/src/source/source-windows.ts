/**
 * Gives the windows of a session's source, in order, and reads before its turn what comes next: the rest of the day and
 * the next trading days, one window after another, as far as the process's budget goes. So while a day streams or waits for
 * its barrier the next one is read and packed.
 *
 * A source that is silent for too long does not stop the session: the day is marked `timed-out`, what came of it is kept,
 * and the rest of it is not asked for any more and counts as missing, which upkeep repairs. A read ahead that fails is forgotten: when its turn comes it
 * is tried again, and only then does its silence count.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { chunkBytes } from '@barkeep/bars';
import type { SessionLayout, SessionWriter, StreamFigures, Window } from '@barkeep/session-data';
import type { DayChanges, StreamMetrics } from '../figures/index.js';
import type { PrefetchBudget } from './prefetch-budget.js';
import { SilentSourceError, unlessSilent } from './silence.js';
import type { WindowRead } from './window-read.js';
import type { WindowReader } from './window-reader.js';

export interface SourceWindowsParts {
  layout: SessionLayout;
  reader: WindowReader;
  writer: SessionWriter;
  budget: PrefetchBudget;
  dayChanges: DayChanges;
  figures: StreamFigures;
  metrics: StreamMetrics;
  warn: (message: string, error: unknown) => void;
  /** Days whose source was silent; those that become so are added. */
  timedOut: Set<number>;
}

/**
 * Trading days that are read before their turn: one is what a day change needs; the others are for upkeep, which repairs
 * several days at once and then wants several.
 */
const DAYS_AHEAD = 3;
/**
 * Windows that are read side by side: while one COPY looks for its rows in the index, or waits for this process to take them,
 * another sends. With one alone Postgres stood still for a part of the time (docs/performance.md).
 */
const READS_AT_ONCE = 2;
/** Sessions that share the process's connections read one window at a time when so many are being read ahead. */
const READS_OF_ALL_SESSIONS = 4;
/** Longest time that a day is held back for the rows of the next one: a source that is silent must not hold up what is here. */
const DAY_HELD_MS = 1_000;

interface Ahead {
  /** Undefined when it failed. */
  read: Promise<WindowRead | undefined>;
  budgetBytes: number;
}

export class SourceWindows {
  private readonly upcoming: Generator<Window>;
  private readonly ahead = new Map<number, Ahead>();
  private readonly closing = new AbortController();
  /** The window that nobody has begun to read. */
  private next: Window | undefined;
  private readonly reading = new Set<Promise<WindowRead | undefined>>();
  private isReadingInTurn = false;
  private turnDay = 0;

  /** @param frontier epoch ms; the windows after it are given */
  constructor(
    private readonly parts: SourceWindowsParts,
    frontier: number,
  ) {
    this.upcoming = parts.layout.windowsFrom(frontier);
    this.advance();
  }

  /** The rows of a window whose turn it is. @throws the signal's reason, what Postgres throws */
  async take(window: Window, stop: AbortSignal): Promise<WindowRead> {
    this.turnDay = window.dayIndex;
    if (this.next?.to === window.to) this.advance();
    // Before waiting for the window itself: the day that comes into reach now may be read beside it.
    if (this.ahead.size > 0) this.readAhead(stop);
    const early = await this.takeEarly(window);
    const isGivenUp = this.parts.timedOut.has(window.dayIndex);
    const read = isGivenUp ? this.parts.reader.nothing(window) : (early ?? (await this.readInTurn(window, stop)));
    this.noteRead(window);
    this.readAhead(stop);
    return read;
  }

  /**
   * Waits for the rows that come after a day's last window, where they are being read ahead: a day that is written only then
   * never closes before the next one is here. Costs nothing, for the rows are read one window after another anyway.
   */
  async dayAfter({ dayIndex, toSlot }: Window): Promise<void> {
    if (toSlot < this.parts.layout.grid(dayIndex).slotCount) return;
    const [next] = this.ahead.values();
    if (!next) return;
    const enough = new AbortController();
    const bound = sleep(DAY_HELD_MS, undefined, { signal: enough.signal }).catch(() => undefined);
    await Promise.race([next.read, bound]);
    enough.abort();
  }

  /** Stops reading ahead and forgets what was. */
  async close(): Promise<void> {
    this.closing.abort(new Error('the stream has ended'));
    await Promise.all(this.reading);
    for (const { budgetBytes } of this.ahead.values()) this.parts.budget.giveBack(budgetBytes);
    this.ahead.clear();
  }

  private async takeEarly(window: Window): Promise<WindowRead | undefined> {
    const ahead = this.ahead.get(window.to);
    if (!ahead) return undefined;
    const read = await ahead.read;
    this.ahead.delete(window.to);
    this.parts.budget.giveBack(ahead.budgetBytes);
    return read;
  }

  private async readInTurn(window: Window, stop: AbortSignal): Promise<WindowRead> {
    const { reader, writer, timedOut, metrics, warn, layout } = this.parts;
    const read = reader.nothing(window);
    this.isReadingInTurn = true;
    this.readAhead(stop); // at the start, nothing else is being read
    try {
      await this.read(window, read, stop);
    } catch (error) {
      if (!(error instanceof SilentSourceError)) throw error;
      warn(`session ${layout.id}: ${layout.day(window.dayIndex).date} timed out`, error);
      await writer.markTimedOut(window.dayIndex, error.timeoutMs);
      timedOut.add(window.dayIndex);
      metrics.dayTimedOut();
    } finally {
      this.isReadingInTurn = false;
    }
    return read;
  }

  /** Keeps {@link READS_AT_ONCE} windows being read, as far as there may be any: called whenever that may have changed. */
  private readAhead(stop: AbortSignal): void {
    const { layout, budget, timedOut } = this.parts;
    while (this.mayReadMore() && this.next && this.isNear(this.next)) {
      const window = this.next;
      if (stop.aborted || this.closing.signal.aborted) return;
      if (timedOut.has(window.dayIndex)) {
        this.advance();
        continue;
      }
      // A chunk is as long as its day, however short the window.
      const budgetBytes = layout.symbols.length * chunkBytes(layout.grid(window.dayIndex).slotCount);
      if (!budget.take(budgetBytes)) return;
      this.advance();
      const read = this.readEarly(window, AbortSignal.any([stop, this.closing.signal]));
      this.ahead.set(window.to, { read, budgetBytes });
      this.reading.add(read);
      budget.reads++;
      void read.then((rows) => {
        this.reading.delete(read);
        budget.reads--;
        if (rows) this.readAhead(stop);
      });
    }
  }

  /** One at a time may always be read; a second one while the process has not many on its connections. */
  private mayReadMore(): boolean {
    const reads = this.reading.size + (this.isReadingInTurn ? 1 : 0);
    return reads === 0 || (reads < READS_AT_ONCE && this.parts.budget.reads < READS_OF_ALL_SESSIONS);
  }

  private isNear({ dayIndex }: Window): boolean {
    return dayIndex <= this.turnDay + DAYS_AHEAD;
  }

  private async readEarly(window: Window, stop: AbortSignal): Promise<WindowRead | undefined> {
    const { reader, figures, metrics } = this.parts;
    const read = reader.nothing(window);
    try {
      await this.read(window, read, stop);
    } catch {
      return undefined;
    }
    this.noteRead(window);
    figures.prefetchBytes += read.bytes;
    metrics.prefetched(read.bytes);
    return read;
  }

  private async read(window: Window, into: WindowRead, stop: AbortSignal): Promise<void> {
    const { layout, reader } = this.parts;
    const timeoutMs = layout.spec.feed.timeoutSeconds * 1000;
    await unlessSilent(timeoutMs, stop, (signal, heard) => reader.read(window, into, signal, heard));
  }

  private noteRead({ dayIndex, fromSlot }: Window): void {
    if (fromSlot === 0) this.parts.dayChanges.read(dayIndex);
  }

  private advance(): void {
    const result: IteratorResult<Window, undefined> = this.upcoming.next();
    this.next = result.value;
  }
}
