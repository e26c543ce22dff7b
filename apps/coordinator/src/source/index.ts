/** A session's source: windows of rows or packed days, prefetched and shared. */
export { ChunkPool } from './chunk-pool.js';
export { SourceChangedError } from './dataset-windows.js';
export { PrefetchBudget } from './prefetch-budget.js';
export { PrefetchedWindows, type SupplyParts } from './prefetched-windows.js';
export { SessionSource } from './session-source.js';
export { SharedWindows } from './shared-windows.js';
export type { WindowRead } from './window-read.js';
