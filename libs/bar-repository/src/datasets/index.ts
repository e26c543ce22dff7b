/** Datasets: names, versions, completeness, quarantine, removal. */
export { completeSymbols, declareSymbolDates } from './complete-days.js';
export { datasetExtent, type SymbolExtent } from './dataset-extent.js';
export { lockDataset } from './dataset-lock.js';
export { allowDatasetValues, type DatasetValues, datasetValues } from './dataset-values.js';
export { datasetVersion, mergeChanges } from './dataset-version.js';
export {
  datasetNames,
  ensureDataset,
  ensureSymbols,
  resolveDataset,
  symbolIds,
  UnknownDatasetError,
} from './datasets.js';
export { firstBars } from './first-bars.js';
export {
  quarantine,
  type QuarantinedBar,
  quarantinedRows,
  type QuarantinedRows,
  quarantineTotals,
} from './quarantine.js';
export { removeDataset } from './remove-dataset.js';
