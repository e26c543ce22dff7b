/** The metrics of a process. */
export { type MetricOptions, Metrics, onceAScrape } from './metrics.js';
export { addProcessMetrics } from './process-metrics.js';
