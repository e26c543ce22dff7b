/** Health, metrics and the queue dashboard. */
export { timeRequests } from './http-metrics.js';
export { OperationController } from './operation.controller.js';
export { queueBoard, QUEUES_PATH } from './queue-board.js';
