/** What requests bring besides a body. */
export * from './matrix-queries.js';
export * from './queries.js';
export { isEpochMs, isoTime, parseTime, TIME_EXPECTED } from './time-input.js';
export * from './upkeep-request.js';
