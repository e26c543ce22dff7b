/** PostgreSQL: the tables of bars and sessions, fast reading and writing by COPY, and the adapters for users' repositories. */
export { type ConnectionSource, withConnection } from './connection.js';
export {
  completeSymbols,
  declareSymbolDates,
  type DatasetValues,
  datasetValues,
  datasetVersion,
  mergeChanges,
  datasetNames,
  ensureSymbols,
  removeDataset,
  resolveDataset,
  symbolIds,
  UnknownDatasetError,
  datasetExtent,
  firstBars,
  type SymbolExtent,
  quarantine,
  type QuarantinedBar,
  quarantinedRows,
  type QuarantinedRows,
  quarantineTotals,
} from './datasets/index.js';
export * from './packs/index.js';
export * from './repositories/index.js';
export {
  BarImporter,
  countRows,
  countRowsInSpans,
  type ImportOptions,
  POSTGRES_EPOCH_MS,
  READ_ROW,
  readRow,
  readWindow,
  readWindowBytes,
} from './rows/index.js';
export * from './schema/index.js';
export {
  hasRemoved,
  removedAmong,
  SessionCertificates,
  CursorError,
  SpecConflictError,
  UnknownSessionError,
  SymbolConflictError,
  SessionStateError,
  forgetQuarantined,
  withSessionLock,
  SessionRepository,
  ACTIVE_STATES,
  SESSION_STATES,
  type SessionRow,
  type SessionState,
} from './sessions/index.js';
