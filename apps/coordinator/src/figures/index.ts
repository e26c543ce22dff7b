/** Counts and times of streams. */
export { DayChanges } from './day-changes.js';
export { type StreamMetrics, streamMetrics } from './stream-metrics.js';
