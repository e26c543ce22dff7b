/** Reads the times of rows, and converts wall times into instants. */
export { isRoundedEpoch } from './epoch-time.js';
export { midnightOf } from './iso-time.js';
export { instantOf, timeParser } from './row-time.js';
export { clockOf, type RowTime, type TimeParser, type TimeProblem, WallClock } from './wall-time.js';
