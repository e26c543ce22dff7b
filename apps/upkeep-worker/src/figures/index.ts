/** Counts and times of upkeep. */
export { settledOf, type SettledCounts } from './settled-slots.js';
export { type UpkeepFigures, upkeepFigures } from './upkeep-figures.js';
