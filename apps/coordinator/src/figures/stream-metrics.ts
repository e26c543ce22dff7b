/** The Prometheus metrics of the streams of this process, all sessions together. */
import type { Metrics } from '@barkeep/observe';
import type { StreamFigures } from '@barkeep/session-data';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5];

export type StreamMetrics = ReturnType<typeof streamMetrics>;

export function streamMetrics(metrics: Metrics) {
  const counter = (name: string, help: string) => metrics.counter({ name, help });
  const seconds = (name: string, help: string) => metrics.histogram({ name, help, buckets: SECONDS });
  const rows = rowMetrics(metrics);
  const streamed = counter('barkeep_bars_streamed_total', 'Bars written into session stores');
  const windows = counter('barkeep_windows_flushed_total', 'Windows written into session stores');
  const lateness = seconds('barkeep_pace_lateness_seconds', 'How long after their due time bars were delivered');
  const overruns = counter('barkeep_pace_overruns_total', 'Times that a session fell behind its pace');
  const bytes = counter('barkeep_prefetched_bytes_total', 'Bytes of bars that were read before their turn');
  const shared = counter(
    'barkeep_windows_shared_total',
    'Windows that a session took from the read of another session in the same process',
  );
  const changes = metrics.counter({
    name: 'barkeep_day_changes_total',
    help: 'Changes from one trading day to the next; prefetch is hit if the rows of the next day had been read by the close, otherwise miss',
    labelNames: ['prefetch'],
  });
  const changeTime = seconds(
    'barkeep_day_change_seconds',
    'From the close of a day until the first bars of the next one were stored',
  );
  const timedOut = counter(
    'barkeep_source_timeouts_total',
    'Trading days whose remaining rows were given up, because the source was silent for too long',
  );
  return {
    /** A window is in its store. @param refused rows of the source that were refused in it */
    flushed: (bars: number, refused = 0) => {
      streamed.inc(bars);
      rows.refused(refused);
      windows.inc();
    },
    /** Rows of a source were counted that have no slot. */
    outside: rows.outside,
    /** A session with a pace delivered a bar. */
    delivered: (latenessMs: number) => lateness.observe(latenessMs / 1000),
    overrun: () => overruns.inc(),
    /** Rows were read before their turn. */
    prefetched: (count: number) => bytes.inc(count),
    /** A window was read for another session as well. */
    windowShared: () => shared.inc(),
    /** From a day's close until the first bars of the next one were stored. @param hit its rows had been read at the close */
    dayChanged: (waitedMs: number, hit: boolean) => {
      changes.inc({ prefetch: hit ? 'hit' : 'miss' });
      changeTime.observe(waitedMs / 1000);
    },
    dayTimedOut: () => timedOut.inc(),
  };
}

/** The rows of sources that no session stores: read from a dataset, or fed. */
export type RowMetrics = ReturnType<typeof rowMetrics>;

export function rowMetrics(metrics: Metrics) {
  const refused = metrics.counter({
    name: 'barkeep_rows_refused_total',
    help: 'Rows that were read for sessions and refused, because they are not valid bars',
  });
  const outside = metrics.counter({
    name: 'barkeep_rows_outside_total',
    help: 'Rows that were read for sessions and have no slot in the calendar',
  });
  return {
    refused: (rows: number) => refused.inc(rows),
    /** The calendar has no slot for them. */
    outside: (rows: number) => outside.inc(rows),
  };
}

/**
 * Measures the change from one trading day to the next: how long after a day's close the first bars of the next day are stored,
 * and whether their rows had been read at the close. Counts only changes that this process sees from start to end.
 */
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
