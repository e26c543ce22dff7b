/** Reads the times of rows. */
export { timeParser } from './row-time.js';
export { clockOf, type RowTime, type TimeParser, type TimeProblem, WallClock } from './wall-time.js';
