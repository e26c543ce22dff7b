/** PostgreSQL: the tables of bars and sessions, fast reading and writing by COPY, and the adapters for users' repositories. */
export { type ConnectionSource, withConnection } from './connection.js';
export {
  completeSymbols,
  datasetExtent,
  datasetNames,
  type DatasetValues,
  datasetValues,
  datasetVersion,
  firstBars,
  quarantine,
  type QuarantinedBar,
  quarantineTotals,
  removeDataset,
  resolveDataset,
  type SymbolExtent,
  symbolIds,
  UnknownDatasetError,
} from './datasets/index.js';
export {
  gridKey,
  hasPacks,
  type PackCounts,
  packDays,
  type PackReceiver,
  placePart,
  readPacked,
  withSnapshot,
} from './packs/index.js';
export {
  type AskPermit,
  type BarAnswer,
  type BarsBySymbolRepository,
  type BarSource,
  barSourceOf,
  type BarsRepository,
  type Fetch,
  fetchFrom,
  loadRepositories,
  type RefusedRecord,
} from './repositories/index.js';
export {
  BarImporter,
  type ImportOptions,
  POSTGRES_EPOCH_MS,
  READ_ROW,
  readRow,
  readWindow,
  readWindowBytes,
} from './rows/index.js';
export { BarEntity, createDataSource, migrate } from './schema/index.js';
export {
  ACTIVE_STATES,
  CursorError,
  forgetQuarantined,
  SESSION_STATES,
  SessionCertificates,
  SessionConflictError,
  SessionNotFoundError,
  SessionRepository,
  type SessionRow,
  type SessionState,
  SymbolConflictError,
  withSessionLock,
  WrongStateError,
  hasRemoved,
  removedAmong,
} from './sessions/index.js';
