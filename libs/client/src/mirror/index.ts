/** A session's bars in this process. */
export { BarMirror } from './bar-mirror.js';
export { MirrorClosedError, SessionEndedError } from './errors.js';
export { KeepDaysError, MIRROR_BYTES_MAX } from './kept-days.js';
export { Mirror, type MirrorOptions } from './mirror.js';
export type { MirrorBar } from './series.js';
export type { DerivedBy } from './symbol-bars.js';
