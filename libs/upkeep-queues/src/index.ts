export * from './connections.js';
export * from './contract.js';
export * from './options.js';
export * from './producer.js';
export { removeQueues } from './remove-queues.js';
