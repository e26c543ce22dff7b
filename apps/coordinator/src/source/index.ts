/** A session's source: windows of rows or packed days, read ahead and shared. */
export { ChunkPool } from './chunk-pool.js';
export { PrefetchBudget } from './prefetch-budget.js';
export { SharedWindows } from './shared-windows.js';
export { SourceWindows, type SourceWindowsParts } from './source-windows.js';
export { WindowRead } from './window-read.js';
export { WindowReader } from './window-reader.js';
