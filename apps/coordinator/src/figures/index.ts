/** The Prometheus metrics of the queues, the sessions and their streams. */
export { DayChanges } from './day-changes.js';
export { addQueueMetrics } from './queue-metrics.js';
export { type ActiveStreams, addSessionMetrics } from './session-metrics.js';
export { type RowMetrics, rowMetrics, type StreamMetrics, streamMetrics } from './stream-metrics.js';
