/** Postgres: the tables of bars and sessions, COPY on the hot path, and the adapters to repositories of other makes. */
export * from './bar-importer.js';
export * from './bar-source.js';
export * from './bar-source-of.js';
export { completeSymbols, declareComplete } from './complete-days.js';
export { type ConnectionSource, NotPostgresError, withConnection } from './connection.js';
export { CopyFormatError, type OnRowBytes } from './copy-out-parser.js';
export * from './data-source.js';
export { datasetExtent, type SymbolExtent } from './dataset-extent.js';
export { datasetVersion, mergeChanges } from './dataset-version.js';
export { datasetNames, resolveDataset, symbolIds, UnknownDatasetError } from './datasets.js';
export * from './entities/index.js';
export { firstBars } from './first-bars.js';
export * from './load-repositories.js';
export * from './migrate.js';
export * from './migrations/index.js';
export { RepositoryAnswerError, type Fetch } from './object-source.js';
export { DatasetRemovedError, packDays, type PackCounts, type PackOptions } from './pack-days.js';
export {
  gridKey,
  hasPacks,
  type PackedQuery,
  packedBytes,
  placePart,
  readPacked,
  withSnapshot,
} from './packed-days.js';
export type { PackReceiver } from './packed-parser.js';
export * from './quarantine.js';
export {
  IdError,
  readSpans,
  readWindow,
  readWindowBytes,
  type SpansQuery,
  windowSql,
  type WindowQuery,
} from './read-window.js';
export { removeDataset } from './remove-dataset.js';
export type { CreatedSession, NewSession } from './session-create.js';
export { POSTGRES_EPOCH_MS, READ_ROW, readRow, type OnRow } from './row-layout.js';
export * from './session-certificates.js';
export * from './session-errors.js';
export * from './session-lock.js';
export * from './session-repository.js';
export * from './session-state.js';
export type { ImportCounts } from './staging.js';
export { type TimeRange, TimeRangeError } from './time-ranges.js';
