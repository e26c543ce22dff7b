/** `@barkeep/observe`: what operators see of a process: its metrics, its health, its log, its traces. */
export { probeServers, downServers, probeWrite } from './health/index.js';
export { createLogger, loggerTo } from './log/index.js';
export { addProcessMetrics, Metrics, onceAScrape } from './metrics/index.js';
export { METRICS_FOR_ADMINS, startOperatorServer } from './server/index.js';
export { startTracing, type Tracing } from './tracing/index.js';
