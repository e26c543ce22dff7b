/** Compares two sessions. */
export { compareRuns, type Comparison, openRun, type Run } from './compare-runs.js';
export { type DeliveredAlike, sameConsumers } from './differences.js';
