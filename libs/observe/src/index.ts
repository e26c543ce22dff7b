/** `@barkeep/observe`: what operators see of a process: its metrics, its health, its log, its traces. */
export { probeServers, downServers, probeWrite, type ServerStates } from './health/index.js';
export { createLogger, loggerTo } from './log/index.js';
export { addProcessMetrics, type MetricOptions, Metrics, onceAScrape } from './metrics/index.js';
export { METRICS_FOR_ADMINS, type OperatorServer, startOperatorServer } from './server/index.js';
export { NO_TRACING, startTracing, type Tracing, TracingPackagesError } from './tracing/index.js';
