/** Describes datasets. */
export { type DatasetDescription, describeDataset, storedSpacings } from './describe-dataset.js';
