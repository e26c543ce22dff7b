/** The queries, headers and times of requests, and the body of an upkeep request. */
export * from './queries.js';
export * from './range-queries.js';
export { isEpochMs, isoTime, parseTime, TIME_EXPECTED } from './parameters.js';
