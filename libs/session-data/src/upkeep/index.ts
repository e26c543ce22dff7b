/** The upkeep side of a session's store: gaps, fills, derived bars, watermark. */
export * from './repository-failures.js';
export { countsBefore, type PartitionPosition, readDaySlots, type SymbolDay, UpkeepReads } from './upkeep-reads.js';
export * from './upkeep-store.js';
