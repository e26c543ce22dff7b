/** Describes datasets. */
export { daysWithRows } from './coverage.js';
export { type DatasetDescription, describeDataset, storedSpacings } from './describe-dataset.js';
