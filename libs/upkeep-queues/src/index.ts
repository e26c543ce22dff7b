/** `@barkeep/upkeep-queues`: Barkeep's BullMQ queues: their jobs, connections, status and repair. */
export * from './connections.js';
export { PayloadError, parsePayload } from './contract.js';
export type { UpkeepScope, JobName, Payload, PayloadInput } from './contract.js';
export { PRIORITY_MAX, type Queues, type SessionRef, UpkeepProducer } from './producer.js';
export * from './queue-status.js';
export * from './queue-repair.js';
