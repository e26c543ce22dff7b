/**
 * Measures the change from one trading day to the next: how long after a day's close the first bars of the next day are stored,
 * and whether their rows had been read at the close. Counts only changes that this process sees from start to end.
 */
import type { StreamFigures } from '@barkeep/session-data';
import type { StreamMetrics } from './stream-metrics.js';

export class DayChanges {
  /** The last day whose first rows are read, or stored. */
  private readDay = -1;
  private storedDay = -1;
  /** The last day that closed, when, and whether the next day's rows had been read. */
  private closed = { day: -2, at: 0, hit: false };
  private waited = { day: -1, ms: 0 };

  constructor(
    private readonly figures: StreamFigures,
    private readonly metrics: StreamMetrics,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The first rows of a day are in memory. */
  read(day: number): void {
    this.readDay = Math.max(this.readDay, day);
  }

  /** The first rows of a day are in the store. */
  stored(day: number): void {
    this.read(day);
    this.storedDay = Math.max(this.storedDay, day);
    if (day === this.closed.day + 1 && this.waited.day !== day) this.changed(this.now() - this.closed.at);
  }

  /** The clock has reached the close of a day that another one follows. */
  close(day: number): void {
    this.closed = { day, at: this.now(), hit: this.readDay > day };
    if (this.storedDay > day) this.changed(0);
  }

  /** How long after the close before it a day was stored, ms; 0 when it was stored before, or when the close was not seen. */
  waitedMs(day: number): number {
    return this.waited.day === day ? this.waited.ms : 0;
  }

  private changed(ms: number): void {
    const { day, hit } = this.closed;
    this.waited = { day: day + 1, ms };
    if (hit) this.figures.prefetchHits++;
    else this.figures.prefetchMisses++;
    this.metrics.dayChanged(ms, hit);
  }
}
