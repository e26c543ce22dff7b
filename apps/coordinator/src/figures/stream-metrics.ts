/** The Prometheus metrics of this process's streams, for all sessions together. */
import type { Metrics } from '@barkeep/observe';
import type { StreamFigures } from '@barkeep/session-data';

/** Upper limits of the buckets of times. */
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5];

export type StreamMetrics = ReturnType<typeof streamMetrics>;

/** Adds the metrics of the streams. @returns functions that record what happens in a stream */
export function streamMetrics(metrics: Metrics) {
  const counter = (name: string, help: string) => metrics.counter({ name, help });
  const seconds = (name: string, help: string) => metrics.histogram({ name, help, buckets: BUCKETS_SECONDS });
  const rows = rowMetrics(metrics);
  const streamed = counter('barkeep_bars_streamed_total', 'Bars written into session stores');
  const windows = counter('barkeep_windows_flushed_total', 'Windows written into session stores');
  const lateness = seconds('barkeep_pace_lateness_seconds', 'How long after their due time bars were delivered');
  const overruns = counter('barkeep_pace_overruns_total', 'Times that a session fell behind its pace');
  const prefetchedBytes = counter('barkeep_prefetched_bytes_total', 'Bytes of bars that were read before their turn');
  const sharedWindows = counter(
    'barkeep_windows_shared_total',
    'Windows that a session took from the read of another session in the same process',
  );
  const dayChanges = metrics.counter({
    name: 'barkeep_day_changes_total',
    help: 'Changes from one trading day to the next; prefetch is hit if the rows of the next day had been read by the close, otherwise miss',
    labelNames: ['prefetch'],
  });
  const dayChangeTime = seconds(
    'barkeep_day_change_seconds',
    'From the close of a day until the first bars of the next one were stored',
  );
  const timedOutDays = counter(
    'barkeep_source_timeouts_total',
    'Trading days whose remaining rows were given up, because the source was silent for too long',
  );
  return {
    /** A window was written into its store. @param refused how many of its rows were refused */
    flushed: (bars: number, refused = 0) => {
      streamed.inc(bars);
      rows.refused(refused);
      windows.inc();
    },
    outside: rows.outside,
    /** A session with a pace delivered a bar this long after its due time. */
    delivered: (latenessMs: number) => lateness.observe(latenessMs / 1000),
    overrun: () => overruns.inc(),
    prefetched: (bytes: number) => prefetchedBytes.inc(bytes),
    windowShared: () => sharedWindows.inc(),
    /**
     * A day changed.
     * @param waitedMs from its close until the first bars of the next day were stored; 0 when they were stored before
     * @param isHit true when the rows of these bars had been read before the close
     */
    dayChanged: (waitedMs: number, isHit: boolean) => {
      dayChanges.inc({ prefetch: isHit ? 'hit' : 'miss' });
      dayChangeTime.observe(waitedMs / 1000);
    },
    dayTimedOut: () => timedOutDays.inc(),
  };
}

export type RowMetrics = ReturnType<typeof rowMetrics>;

/** The counters of rows that are not stored, from datasets and feeds. A second call returns the same counters. */
export function rowMetrics(metrics: Metrics) {
  const refused = metrics.counter({
    name: 'barkeep_rows_refused_total',
    help: 'Rows that were read for sessions and refused, because they are not valid bars',
  });
  const outside = metrics.counter({
    name: 'barkeep_rows_outside_total',
    help: 'Rows that were read for sessions and have no slot in the calendar',
  });
  return { refused: (rows: number) => refused.inc(rows), outside: (rows: number) => outside.inc(rows) };
}

/**
 * Measures the change from one trading day to the next: how long after a day's close the first bars of the next day are stored,
 * and whether their rows had been read at the close. Counts only changes that this process sees from start to end.
 */
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
    private readonly metrics: StreamMetrics,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The first rows of a day are in memory. */
  dayRead(day: number): void {
    this.lastReadDay = Math.max(this.lastReadDay, day);
  }

  /** The first rows of a day are in the store. */
  dayStored(day: number): void {
    this.dayRead(day);
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
