/** Reads the times of rows. */
export { type RowTime, type TimeParser, type TimeProblem } from './parsed-time.js';
export { TIME_FORMATS, timeParser } from './row-time.js';
export { clockOf, WallClock } from './wall-time.js';
