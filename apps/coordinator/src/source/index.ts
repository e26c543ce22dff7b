/** A session's source: windows of rows or packed days, prefetched and shared. */
export { ChunkPool } from './chunk-pool.js';
export { PrefetchBudget } from './prefetch-budget.js';
export { SessionSource, type SourceWindows } from './session-source.js';
export { SharedWindows } from './shared-windows.js';
export type { WindowRead } from './window-read.js';
