/** `@barkeep/observe`: what operators see of a process, which is its metrics, health, log and traces. */
export { createLogger, loggerTo } from './create-logger.js';
export { Metrics, onceAScrape, sharedFor } from './metrics.js';
export { METRICS_FOR_ADMINS, startOperatorServer } from './operator-server.js';
export { addProcessMetrics } from './process-metrics.js';
export { downServers, probeServers, probeWrite } from './server-checks.js';
export { startTracing, type Tracing } from './tracing.js';
