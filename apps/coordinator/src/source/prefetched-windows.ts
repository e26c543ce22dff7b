/**
 * Reads windows before the stream needs them: the rest of the day and the next trading days, in order, within the process's budget.
 * So while a day is flushed or waits for its barrier, the next day is read and packed. A window whose prefetch failed is read again
 * in its turn, when the stream requests it. Only an error of that read reaches the caller.
 *
 * A session continues when its source is silent for too long: the day is marked `timed-out` and keeps the bars that came; its
 * later windows stay empty. The missing slots are gaps, which upkeep repairs.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionLayout, StreamFigures, Window } from '@barkeep/session-data';
import type { DayChanges, StreamMetrics } from '../figures/index.js';
import type { PrefetchBudget } from './prefetch-budget.js';
import { SilentWindowError, type SessionSource } from './session-source.js';
import { windowBytesMax, type WindowRead } from './window-read.js';

export interface PrefetchParts {
  layout: SessionLayout;
  source: Pick<SessionSource, 'emptyWindow' | 'read'>;
  budget: PrefetchBudget;
  dayChanges: DayChanges;
  figures: StreamFigures;
  metrics: StreamMetrics;
  /** Indexes of days on which the source was silent: their remaining windows are not read. {@link PrefetchedWindows} adds days. */
  timedOut: Set<number>;
  /** Records in the store that a day timed out. */
  markTimedOut: (dayIndex: number, error: SilentWindowError) => Promise<void>;
}

/** How many trading days are prefetched: one would do for the change of the day, but upkeep repairs several days at once. */
const DAYS_AHEAD = 3;
/**
 * Windows of a session that are read at the same time: while one COPY looks up its rows in the index, or waits for this process,
 * the other one sends. With a single read, Postgres was idle for a part of the time (docs/performance.md).
 */
const READS_AT_ONCE = 2;
/**
 * A session may always read one window. It reads a second one only while all sessions together prefetch fewer windows than this, because
 * they share the process's connections.
 */
const BUSY_FROM_PREFETCHES = 4;
/** A day waits at most this long for the rows of the next one: a silent source must not delay rows that have come. */
const DAY_HELD_MS = 1_000;

/** A window that is read, or was read, before its turn. */
interface Prefetch {
  /** Undefined when the read failed; never rejects. */
  result: Promise<WindowRead | undefined>;
  budgetBytes: number;
}

export class PrefetchedWindows {
  private readonly upcoming: Generator<Window>;
  /** The first window of `upcoming` whose read has not started. */
  private next: Window | undefined;
  /** By the end of its window, epoch ms, in order: each prefetch that has started and that the stream has not taken yet. */
  private readonly prefetches = new Map<number, Prefetch>();
  /** How many windows are being read, including one for which the stream waits. */
  private readsUnderWay = 0;
  /** Index of the day of the window that was requested last. */
  private requestedDay = 0;
  private readonly closing = new AbortController();

  /** @param frontier epoch ms; the first window is the one after it */
  constructor(
    private readonly parts: PrefetchParts,
    frontier: number,
  ) {
    this.upcoming = parts.layout.windowsFrom(frontier);
    this.advance();
  }

  /**
   * Returns the window whose turn it is; windows are requested in order. A window of a silent day is empty, or has the bars that came.
   * After the last window of a day this also waits for the start of the next day.
   * @throws the signal's reason, what Postgres throws
   */
  async read(window: Window, stop: AbortSignal): Promise<WindowRead> {
    const { source, timedOut } = this.parts;
    this.requestedDay = window.dayIndex;
    if (this.next?.to === window.to) this.advance(); // no prefetch of this window has started, and none is needed
    const prefetched = await this.takePrefetched(window, stop);
    const isTimedOut = timedOut.has(window.dayIndex);
    const read = isTimedOut ? source.emptyWindow(window) : (prefetched ?? (await this.readInTurn(window, stop)));
    this.readAhead(stop);
    await this.waitForNextDay(window);
    return read;
  }

  /** Aborts all prefetches and discards their windows. */
  async close(): Promise<void> {
    this.closing.abort(new Error('the stream has ended'));
    const prefetches = [...this.prefetches.values()];
    await Promise.all(prefetches.map(({ result }) => result));
    for (const { budgetBytes } of prefetches) this.parts.budget.giveBack(budgetBytes);
    this.prefetches.clear();
  }

  /** Waits for the window if its read has begun. @returns undefined when it has not, or has failed */
  private async takePrefetched({ to }: Window, stop: AbortSignal): Promise<WindowRead | undefined> {
    const prefetch = this.prefetches.get(to);
    if (!prefetch) return undefined;
    this.readAhead(stop); // so that the next window is read at the same time
    const read = await prefetch.result;
    this.prefetches.delete(to);
    this.parts.budget.giveBack(prefetch.budgetBytes);
    return read;
  }

  /** Reads a window while the stream waits for it. When the source is silent, marks the day and returns the bars that came. */
  private async readInTurn(window: Window, stop: AbortSignal): Promise<WindowRead> {
    const { source, timedOut, markTimedOut } = this.parts;
    this.readsUnderWay++;
    this.readAhead(stop); // so that another window is read at the same time
    try {
      const read = await source.read(window, stop);
      this.noteRead(window);
      return read;
    } catch (error) {
      if (!(error instanceof SilentWindowError)) throw error;
      await markTimedOut(window.dayIndex, error);
      timedOut.add(window.dayIndex);
      return error.read;
    } finally {
      this.readsUnderWay--;
    }
  }

  /**
   * After a day's last window, waits a bounded time for the first window of the next day if it is being prefetched. The day is
   * flushed after that wait. So when the clock closes the day, the next day is mostly in memory.
   */
  private async waitForNextDay({ dayIndex, toSlot }: Window): Promise<void> {
    const isLastOfDay = toSlot === this.parts.layout.grid(dayIndex).slotCount;
    if (!isLastOfDay) return;
    // The windows of this day are all taken, so the first prefetch is of the next day.
    const [next] = this.prefetches.values();
    if (!next) return;
    const waited = new AbortController();
    const timeout = sleep(DAY_HELD_MS, undefined, { signal: waited.signal }).catch(() => undefined);
    await Promise.race([next.result, timeout]);
    waited.abort();
  }

  /** Starts prefetches, in order, as long as {@link mayReadMore} and the budget allow it. Skips windows of silent days. */
  private readAhead(stop: AbortSignal): void {
    const { layout, budget, timedOut } = this.parts;
    const lastDay = this.requestedDay + DAYS_AHEAD;
    while (this.next && this.next.dayIndex <= lastDay && this.mayReadMore()) {
      const window = this.next;
      if (stop.aborted || this.closing.signal.aborted) return;
      if (!timedOut.has(window.dayIndex)) {
        const budgetBytes = windowBytesMax(layout, window.dayIndex);
        if (!budget.take(budgetBytes)) return;
        this.prefetches.set(window.to, { result: this.prefetch(window, stop), budgetBytes });
      }
      this.advance();
    }
  }

  /** See {@link BUSY_FROM_PREFETCHES}. */
  private mayReadMore(): boolean {
    return (
      this.readsUnderWay === 0 || (this.readsUnderWay < READS_AT_ONCE && this.parts.budget.reads < BUSY_FROM_PREFETCHES)
    );
  }

  /** Reads a window before its turn, and then others. @returns undefined when that failed; never rejects */
  private async prefetch(window: Window, stop: AbortSignal): Promise<WindowRead | undefined> {
    const { source, budget, figures, metrics } = this.parts;
    this.readsUnderWay++;
    budget.reads++;
    const signal = AbortSignal.any([stop, this.closing.signal]);
    const read = await source.read(window, signal).catch(() => undefined);
    this.readsUnderWay--;
    budget.reads--;
    // A read that failed starts no other read. A later success does, or the next request of the stream.
    if (!read) return undefined;
    this.noteRead(window);
    const { bytes } = read;
    figures.prefetchBytes += bytes;
    metrics.prefetched(bytes);
    this.readAhead(stop);
    return read;
  }

  /** Records that the first rows of a day are in memory, if the window begins the day. */
  private noteRead({ dayIndex, fromSlot }: Window): void {
    if (fromSlot === 0) this.parts.dayChanges.dayRead(dayIndex);
  }

  private advance(): void {
    const result: IteratorResult<Window, undefined> = this.upcoming.next();
    this.next = result.value; // undefined after the last window
  }
}
