/** Describes datasets. */
export { type DatasetDescription, describeDataset } from './describe-dataset.js';
