/** The upkeep side: gaps, fills, derived bars, watermark. */
export * from './repository-failures.js';
export * from './symbol-day.js';
export * from './upkeep-store.js';
