/** What every part of the coordinator uses: configuration, connections, metrics. */
export { CONFIG } from './config-token.js';
export { ConnectionsModule, QUEUE_REDIS, QUEUES, SESSION_REDIS } from './connections.js';
export { MetricsService } from './metrics.service.js';
export { probeWrite } from './write-probe.js';
