/** `@barkeep/upkeep-queues`: Barkeep's BullMQ queues: their jobs, connections, status and repair. */
export * from './connections.js';
export { PayloadError, parsePayload } from './contract.js';
export type { UpkeepScope, JobName, Payload, PayloadInput } from './contract.js';
export { PRIORITY_MAX, type Queues, type SessionRef, UpkeepProducer } from './producer.js';
export {
  JOB_STATES,
  noteJobTaken,
  readQueueDepths,
  upkeepSilentMs,
  WORKER_SILENT_MS,
  readQueueStatus,
  type QueueStatus,
} from './queue-status.js';
export { removeQueues, releaseLostLocks, runLateJobs } from './queue-repair.js';
