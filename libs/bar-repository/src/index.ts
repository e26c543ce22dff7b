/** PostgreSQL: the tables of bars and sessions, fast reading and writing by COPY, and the adapters for users' repositories. */
export { type ConnectionSource, poolOf, withConnection } from './connection.js';
export {
  completeSymbols,
  type DatasetValues,
  datasetValues,
  datasetVersion,
  datasetNames,
  removeDataset,
  resolveDataset,
  symbolIds,
  UnknownDatasetError,
} from './datasets.js';
export { quarantine, quarantinedRows, quarantineTotals } from './quarantine.js';
export type { QuarantinedBar, QuarantinedRows } from './quarantine.js';
export * from './packs/index.js';
export * from './repositories/index.js';
export {
  BarImporter,
  countRows,
  countRowsInSpans,
  datasetExtent,
  firstBars,
  type ImportOptions,
  POSTGRES_EPOCH_MS,
  READ_ROW,
  readRow,
  readWindow,
  readWindowBytes,
  storedInterval,
  storedSpacings,
  type SymbolExtent,
  TIME_FITS_DATE,
  timesOfAll,
} from './rows/index.js';
export * from './schema/index.js';
export * from './sessions/index.js';
