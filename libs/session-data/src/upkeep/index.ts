/** The upkeep side of a session's store: gaps, fills, derived bars, watermark. */
export * from './repository-failures.js';
export * from './symbol-days.js';
export { type PartitionPosition, readDaySlots, UpkeepReads } from './upkeep-reads.js';
export { emitGapsFound } from './upkeep-events.js';
export * from './upkeep-store.js';
