/** The metrics of a process. */
export { Metrics, onceAScrape } from './metrics.js';
export { addProcessMetrics } from './process-metrics.js';
