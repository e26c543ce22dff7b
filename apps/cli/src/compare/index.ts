/** Compares two sessions. */
export { compareRuns, type Comparison, openRun, type Run } from './compare-runs.js';
export { type DeliveryComparison, sameConsumers } from './differences.js';
