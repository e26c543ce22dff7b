/** `@barkeep/observe`: what operators see of a process, which is its metrics, health, log and traces. */
export { createLogger, loggerTo } from './create-logger.js';
export { addProcessMetrics, Metrics, onceAScrape } from './metrics.js';
export { METRICS_FOR_ADMINS, startOperatorServer } from './operator-server.js';
export { downServers, probeServers, probeWrite } from './server-checks.js';
export { startTracing, type Tracing } from './tracing.js';
