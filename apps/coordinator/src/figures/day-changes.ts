/**
 * Measures the change from one trading day to the next: how long after a day's close the first bars of the next day are stored,
 * and whether their rows had been read at the close. Counts only changes that this process sees from start to end. No I/O.
 */
import type { StreamFigures, Window } from '@barkeep/session-data';
import type { StreamMetrics } from './stream-metrics.js';

export class DayChanges {
  /** The last day (an index) whose first rows have been read; -1 before the first one. */
  private lastReadDay = -1;
  /** The last day whose first rows have been stored; -1 before the first one. */
  private lastStoredDay = -1;
  /** The last day that closed, when it closed, and whether the next day's first rows had been read by then. */
  private closed: { day: number; at: number; isHit: boolean } | undefined;
  /** The last day whose change was recorded, and how long the clock had to wait for it. */
  private changed: { day: number; waitedMs: number } | undefined;

  constructor(
    private readonly figures: StreamFigures,
    private readonly metrics: Pick<StreamMetrics, 'dayChanged'>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The rows of a window are in memory. Only the first window of a day counts. */
  windowRead({ dayIndex, fromSlot }: Pick<Window, 'dayIndex' | 'fromSlot'>): void {
    if (fromSlot === 0) this.lastReadDay = Math.max(this.lastReadDay, dayIndex);
  }

  /** The first rows of a day are in the store. */
  dayStored(day: number): void {
    this.lastReadDay = Math.max(this.lastReadDay, day);
    this.lastStoredDay = Math.max(this.lastStoredDay, day);
    const { closed } = this;
    if (closed?.day === day - 1 && this.changed?.day !== day) this.record(day, this.now() - closed.at, closed.isHit);
  }

  /** The clock has reached the close of a day, which is not the last one. */
  dayClosed(day: number): void {
    const isHit = this.lastReadDay > day;
    this.closed = { day, at: this.now(), isHit };
    if (this.lastStoredDay > day) this.record(day + 1, 0, isHit);
  }

  /** How long after the close of the previous day this one was stored, ms; 0 when it was stored earlier, or the close was not seen. */
  waitedMs(day: number): number {
    return this.changed?.day === day ? this.changed.waitedMs : 0;
  }

  private record(day: number, waitedMs: number, isHit: boolean): void {
    this.changed = { day, waitedMs };
    if (isHit) this.figures.prefetchHits++;
    else this.figures.prefetchMisses++;
    this.metrics.dayChanged(waitedMs, isHit);
  }
}
