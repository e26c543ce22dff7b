/** What a stream counts and times. */
export { DayChanges } from './day-changes.js';
export { type StreamMetrics, streamMetrics } from './stream-metrics.js';
