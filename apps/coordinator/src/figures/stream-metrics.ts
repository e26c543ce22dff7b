/** The Prometheus metrics of the streams of this process, all sessions together. */
import type { Metrics } from '@barkeep/observe';

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
