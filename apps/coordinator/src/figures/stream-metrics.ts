/** The Prometheus metrics of the streams of this process, all sessions together. */
import type { Metrics } from '@barkeep/observe';

export interface StreamMetrics {
  /** A window is in its store. @param refused rows of the source that were refused in it */
  flushed(bars: number, refused?: number): void;
  /** Rows of a source were counted that have no slot. */
  outside(rows: number): void;
  /** A session with a pace delivered a bar. */
  delivered(latenessMs: number): void;
  overrun(): void;
  /** Rows were read before their turn. */
  prefetched(bytes: number): void;
  /** A window was read for another session as well. */
  windowShared(): void;
  /** From a day's close until the first bars of the next one were stored. @param hit its rows had been read at the close */
  dayChanged(waitedMs: number, hit: boolean): void;
  dayTimedOut(): void;
}

/** The rows of sources that no session stores: read from a dataset, or fed. */
export interface RowMetrics {
  readonly refused: (rows: number) => void;
  /** The calendar has no slot for them. */
  readonly outside: (rows: number) => void;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5];

export function streamMetrics(metrics: Metrics): StreamMetrics {
  const streamed = metrics.counter({ name: 'barkeep_bars_streamed_total', help: 'Bars written into session stores' });
  const windows = metrics.counter({
    name: 'barkeep_windows_flushed_total',
    help: 'Windows written into session stores',
  });
  const rows = rowMetrics(metrics);
  const lateness = metrics.histogram({
    name: 'barkeep_pace_lateness_seconds',
    help: 'How long after their due time bars were delivered',
    buckets: SECONDS,
  });
  const overruns = metrics.counter({
    name: 'barkeep_pace_overruns_total',
    help: 'Times that a session fell behind its pace',
  });
  const bytes = metrics.counter({
    name: 'barkeep_prefetched_bytes_total',
    help: 'Bytes of bars that were read before their turn',
  });
  const shared = metrics.counter({
    name: 'barkeep_windows_shared_total',
    help: 'Windows that a session took from the read of another session in the same process',
  });
  const changes = metrics.counter({
    name: 'barkeep_day_changes_total',
    help: 'Changes from one trading day to the next; prefetch is hit if the rows of the next day had been read by the close, otherwise miss',
    labelNames: ['prefetch'],
  });
  const changeTime = metrics.histogram({
    name: 'barkeep_day_change_seconds',
    help: 'From the close of a day until the first bars of the next one were stored',
    buckets: SECONDS,
  });
  const timedOut = metrics.counter({
    name: 'barkeep_source_timeouts_total',
    help: 'Trading days whose remaining rows were given up, because the source was silent for too long',
  });
  return {
    flushed: (bars, rejected = 0) => {
      streamed.inc(bars);
      rows.refused(rejected);
      windows.inc();
    },
    outside: rows.outside,
    delivered: (latenessMs) => lateness.observe(latenessMs / 1000),
    overrun: () => overruns.inc(),
    prefetched: (count) => bytes.inc(count),
    windowShared: () => shared.inc(),
    dayChanged: (waitedMs, hit) => {
      changes.inc({ prefetch: hit ? 'hit' : 'miss' });
      changeTime.observe(waitedMs / 1000);
    },
    dayTimedOut: () => timedOut.inc(),
  };
}

export function rowMetrics(metrics: Metrics): RowMetrics {
  const refused = metrics.counter({
    name: 'barkeep_rows_refused_total',
    help: 'Rows that were read for sessions and refused, because they are not valid bars',
  });
  const outside = metrics.counter({
    name: 'barkeep_rows_outside_total',
    help: 'Rows that were read for sessions and have no slot in the calendar',
  });
  return { refused: (rows) => refused.inc(rows), outside: (rows) => outside.inc(rows) };
}
