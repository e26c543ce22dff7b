/**
 * The prefetches of one session: the windows that the stream will request next, up to three trading days ahead. They are read in order,
 * within the budget of the process. A prefetch that fails gives no window, and its error is dropped.
 */
import type { SessionLayout, StreamFigures, Window } from '@barkeep/session-data';
import type { DayChanges, StreamMetrics } from '../figures/index.js';
import type { PrefetchBudget } from './prefetch-budget.js';
import type { SessionSource } from './session-source.js';
import { windowBytesMax, type WindowRead } from './window-read.js';

export interface PrefetchParts {
  layout: SessionLayout;
  source: Pick<SessionSource, 'emptyWindow' | 'read'>;
  budget: PrefetchBudget;
  dayChanges: DayChanges;
  figures: StreamFigures;
  metrics: StreamMetrics;
  /** Indexes of the days that have timed out: their windows are not prefetched. */
  timedOut: Set<number>;
}

/** How many trading days are prefetched: one would do for the change of the day, but upkeep repairs several days at once. */
const DAYS_AHEAD = 3;
/**
 * Windows of a session that are read at the same time: while one COPY looks up its rows in the index, or waits for this process,
 * the other one sends. With a single read, Postgres was idle for a part of the time (docs/performance.md).
 */
const READS_AT_ONCE = 2;

interface Prefetch {
  /** Undefined when the read failed; never rejects. */
  result: Promise<WindowRead | undefined>;
  budgetBytes: number;
}

export class Prefetches {
  private readonly upcoming: Generator<Window>;
  /** The first window of `upcoming` whose read has not started. */
  private next: Window | undefined;
  /** By the end of its window, epoch ms, in order: each prefetch that has started and that the stream has not taken yet. */
  private readonly started = new Map<number, Prefetch>();
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

  /** Takes the window that the stream requests, and waits for it if its read has begun. @returns undefined when it has not, or has failed */
  async take({ to, dayIndex }: Window, stop: AbortSignal): Promise<WindowRead | undefined> {
    this.requestedDay = dayIndex;
    if (this.next?.to === to) this.advance(); // no prefetch of this window has started, and none is needed
    const prefetch = this.started.get(to);
    if (!prefetch) return undefined;
    this.readAhead(stop); // so that the next window is read at the same time
    const read = await prefetch.result;
    this.started.delete(to);
    this.parts.budget.giveBack(prefetch.budgetBytes);
    return read;
  }

  /** Reads a window for which the stream waits, and another one at the same time. @param read reads the window */
  async whileReadingAhead<T>(read: () => Promise<T>, stop: AbortSignal): Promise<T> {
    this.readsUnderWay++;
    this.readAhead(stop);
    try {
      return await read();
    } finally {
      this.readsUnderWay--;
    }
  }

  /** The result of the first prefetch that was not taken; undefined when there is none. */
  get first(): Prefetch['result'] | undefined {
    return this.started.values().next().value?.result;
  }

  /** Starts prefetches, in order, as long as {@link mayReadMore} and the budget allow it. Skips windows of days that have timed out. */
  readAhead(stop: AbortSignal): void {
    const { layout, budget, timedOut } = this.parts;
    const lastDay = this.requestedDay + DAYS_AHEAD;
    while (this.next && this.next.dayIndex <= lastDay && this.mayReadMore()) {
      const window = this.next;
      if (stop.aborted || this.closing.signal.aborted) return;
      if (!timedOut.has(window.dayIndex)) {
        const budgetBytes = windowBytesMax(layout, window.dayIndex);
        if (!budget.take(budgetBytes)) return;
        this.started.set(window.to, { result: this.prefetch(window, stop), budgetBytes });
      }
      this.advance();
    }
  }

  /** Aborts all prefetches and discards their windows. */
  async close(): Promise<void> {
    this.closing.abort(new Error('the stream has ended'));
    const prefetches = [...this.started.values()];
    await Promise.all(prefetches.map(({ result }) => result));
    for (const { budgetBytes } of prefetches) this.parts.budget.giveBack(budgetBytes);
    this.started.clear();
  }

  /** A session may always read one window, and a second one unless the process is busy. */
  private mayReadMore(): boolean {
    return this.readsUnderWay === 0 || (this.readsUnderWay < READS_AT_ONCE && !this.parts.budget.isBusy);
  }

  /** Reads a window before its turn, and then others. @returns undefined when that failed; never rejects */
  private async prefetch(window: Window, stop: AbortSignal): Promise<WindowRead | undefined> {
    const { source, budget, dayChanges, figures, metrics } = this.parts;
    this.readsUnderWay++;
    budget.reads++;
    const signal = AbortSignal.any([stop, this.closing.signal]);
    const read = await source.read(window, signal).catch(() => undefined);
    this.readsUnderWay--;
    budget.reads--;
    // A read that failed starts no other read. A later success does, or the next request of the stream.
    if (!read || read.silence) return undefined;
    dayChanges.windowRead(window);
    const { bytes } = read;
    figures.prefetchBytes += bytes;
    metrics.prefetched(bytes);
    this.readAhead(stop);
    return read;
  }

  private advance(): void {
    this.next = this.upcoming.next().value as Window | undefined; // undefined after the last window
  }
}
