export * from './connections.js';
export {
  type UpkeepScope,
  type JobName,
  type Payload,
  type PayloadInput,
  PayloadError,
  parsePayload,
} from './contract.js';
export * from './producer.js';
export { JOB_STATES, noteJobTaken, readQueueDepths, upkeepSilentMs, WORKER_SILENT_MS } from './queue-depths.js';
export { readQueueStatus, type QueueStatus } from './queue-status.js';
export { removeQueues } from './remove-queues.js';
export { releaseLostLocks, runLateJobs } from './stuck-jobs.js';
