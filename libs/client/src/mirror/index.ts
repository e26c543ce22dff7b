/** A session's bars in this process. */
export { aggregateBars } from './aggregate.js';
export { BarMirror } from './bar-mirror.js';
export type { MirrorBar } from './bar-objects.js';
export { Mirror, MirrorClosedError, type MirrorOptions } from './mirror.js';
export { barOfRow, copyRow, lowerRow, openTimeOf, ROW_BYTES, ROW_DOUBLES } from './columns.js';
export type { BarColumns, RowMemory } from './columns.js';
export type { Loader } from './loader.js';
export { Holdings, KeepDaysError, MIRROR_BYTES_MAX } from './holdings.js';
export type { MirrorSeries } from './series.js';
export { hasEnded, SessionEndedError } from './session-state.js';
export { openLimit } from './slot-clock.js';
export { StoreFollower } from './store-follower.js';
export { type DerivedBy, SymbolBars } from './symbol-bars.js';
