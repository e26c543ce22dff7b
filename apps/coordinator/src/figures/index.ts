/** Counts and times of streams. */
export { type ActiveStream, ActiveStreams } from './active-streams.js';
export { DayChanges } from './day-changes.js';
export { addQueueMetrics } from './queue-metrics.js';
export { addSessionMetrics } from './session-metrics.js';
export { type RowMetrics, rowMetrics, type StreamMetrics, streamMetrics } from './stream-metrics.js';
