/** The upkeep side: gaps, fills, derived bars, watermark. */
export {
  type PartitionPosition,
  type RefusedCount,
  type SymbolDerived,
  type SymbolFill,
  UpkeepStore,
} from './upkeep-store.js';
export { type RepositoryFailure, RepositoryFailures } from './repository-failures.js';
export { countsBefore, readDaySlots, type SymbolDay } from './symbol-day.js';
