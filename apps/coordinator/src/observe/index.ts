/** Health, metrics and the queue dashboard. */
export { HealthController } from './health.controller.js';
export { timeRequests } from './http-metrics.js';
export { MetricsController } from './metrics.controller.js';
export { queueBoard, QUEUES_PATH } from './queue-board.js';
