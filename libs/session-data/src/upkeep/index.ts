/** The upkeep side: gaps, fills, derived bars, watermark. */
export { DaySlots, readDaySlots } from './day-counts.js';
export {
  type PartitionPosition,
  type RefusedCount,
  type SymbolDerived,
  type SymbolFill,
  UpkeepStore,
} from './upkeep-store.js';
export { readRepositoryFailures } from './repository-failures.js';
export { type SymbolDay } from './symbol-day.js';
