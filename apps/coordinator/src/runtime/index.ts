/** What every part of the coordinator uses: configuration, connections, traces. */
export { CONFIG, TRACING } from './config-token.js';
export { ConnectionsModule, QUEUE_REDIS, QUEUES, SESSION_REDIS } from './connections.js';
