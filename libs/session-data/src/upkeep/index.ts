/** The upkeep side: gaps, fills, derived bars, watermark. */
export * from './repository-failures.js';
export { countsBefore, type RefusedCount, type SymbolDay, type SymbolDerived, type SymbolFill } from './symbol-day.js';
export * from './upkeep-store.js';
