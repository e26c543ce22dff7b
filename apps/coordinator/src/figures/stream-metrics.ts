/** The Prometheus metrics of this process's streams, for all sessions together. */
import type { Metrics } from '@barkeep/observe';

/** Upper limits of the buckets of times. */
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5];

export type StreamMetrics = ReturnType<typeof streamMetrics>;

/** Adds the metrics of the streams. @returns functions that record what happens in a stream */
export function streamMetrics(metrics: Metrics) {
  const seconds = (name: string, help: string) => metrics.histogram({ name, help, buckets: BUCKETS_SECONDS });
  const rows = rowMetrics(metrics);
  const bars = counting(metrics, 'barkeep_bars_streamed_total', 'Bars written into session stores');
  const windows = counting(metrics, 'barkeep_windows_flushed_total', 'Windows written into session stores');
  const lateness = seconds('barkeep_pace_lateness_seconds', 'How long after their due time bars were delivered');
  const dayChanges = metrics.counter({
    name: 'barkeep_day_changes_total',
    help: 'Changes from one trading day to the next; prefetch is hit if the rows of the next day had been read by the close, otherwise miss',
    labelNames: ['prefetch'],
  });
  const dayChangeTime = seconds(
    'barkeep_day_change_seconds',
    'From the close of a day until the first bars of the next one were stored',
  );
  return {
    /** A window was written into its store. @param refused how many of its rows were refused */
    flushed: (barCount: number, refused = 0) => {
      bars(barCount);
      rows.refused(refused);
      windows();
    },
    outside: rows.outside,
    /** A session with a pace delivered a bar this long after its due time. */
    delivered: (latenessMs: number) => lateness.observe(latenessMs / 1000),
    overrun: counting(metrics, 'barkeep_pace_overruns_total', 'Times that a session fell behind its pace'),
    /** @param by bytes */
    prefetched: counting(metrics, 'barkeep_prefetched_bytes_total', 'Bytes of bars that were read before their turn'),
    windowShared: counting(
      metrics,
      'barkeep_windows_shared_total',
      'Windows that a session took from the read of another session in the same process',
    ),
    /**
     * A day changed.
     * @param waitedMs from its close until the first bars of the next day were stored; 0 when they were stored before
     * @param isHit true when the rows of these bars had been read before the close
     */
    dayChanged: (waitedMs: number, isHit: boolean) => {
      dayChanges.inc({ prefetch: isHit ? 'hit' : 'miss' });
      dayChangeTime.observe(waitedMs / 1000);
    },
    dayTimedOut: counting(
      metrics,
      'barkeep_source_timeouts_total',
      'Trading days whose remaining rows were given up, because the source was silent for too long',
    ),
  };
}

export type RowMetrics = ReturnType<typeof rowMetrics>;

/** The counters of rows that are not stored, from datasets and feeds. A second call returns the same counters. */
export function rowMetrics(metrics: Metrics) {
  const refusedHelp = 'Rows that were read for sessions and refused, because they are not valid bars';
  const outsideHelp = 'Rows that were read for sessions and have no slot in the calendar';
  return {
    refused: counting(metrics, 'barkeep_rows_refused_total', refusedHelp),
    outside: counting(metrics, 'barkeep_rows_outside_total', outsideHelp),
  };
}

/** Adds a counter. @returns a function that adds to it, by default 1 */
function counting(metrics: Metrics, name: string, help: string): (by?: number) => void {
  const counter = metrics.counter({ name, help });
  return (by) => counter.inc(by);
}
