/** What every part of the coordinator uses: connections, metrics. */
export { ConnectionsModule, QUEUE_REDIS, QUEUES, SESSION_REDIS } from './connections.js';
export { MetricsService } from './metrics.service.js';
