/** Datasets: names, versions, completeness, quarantine, removal. */
export { completeSymbols, declareSymbolDates } from './complete-days.js';
export { allowDatasetValues, type DatasetValues, datasetValues } from './dataset-values.js';
export { datasetVersion, mergeChanges } from './dataset-version.js';
export {
  datasetNames,
  ensureDataset,
  ensureSymbols,
  lockDataset,
  removeDataset,
  resolveDataset,
  symbolIds,
  UnknownDatasetError,
} from './datasets.js';
export { datasetExtent, firstBars, type SymbolExtent } from './first-last-bars.js';
export {
  quarantine,
  type QuarantinedBar,
  quarantinedRows,
  type QuarantinedRows,
  quarantineTotals,
} from './quarantine.js';
