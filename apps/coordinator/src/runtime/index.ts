/** What every part of the coordinator uses: connections, metrics, version. */
export { ConnectionsModule, QUEUE_REDIS, QUEUES, SESSION_REDIS } from './connections.js';
export { MetricsService } from './metrics.service.js';
export { readVersion } from './version.js';
