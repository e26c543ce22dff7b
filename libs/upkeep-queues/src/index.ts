export { noteJobTaken, readUpkeepActivity, type UpkeepActivity, WORKER_SILENT_MS } from './activity.js';
export * from './connections.js';
export * from './contract.js';
export { releaseLostLocks } from './lost-locks.js';
export * from './options.js';
export * from './producer.js';
export { removeQueues } from './remove-queues.js';
