/** Postgres: the tables of bars and sessions, COPY on the hot path, and the adapters to repositories of other makes. */
export { type ConnectionSource, withConnection } from './connection.js';
export {
  completeSymbols,
  datasetExtent,
  datasetNames,
  datasetVersion,
  declareComplete,
  firstBars,
  mergeChanges,
  quarantine,
  quarantineCounts,
  type QuarantinedBar,
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
  type BarAnswer,
  type BarsBySymbolRepository,
  type BarSource,
  barSourceOf,
  type BarsRepository,
  type Fetch,
  fetchFrom,
  loadRepositories,
} from './repositories/index.js';
export {
  BarImporter,
  IdError,
  ImportEndedError,
  type ImportOptions,
  InvalidBarError,
  POSTGRES_EPOCH_MS,
  READ_ROW,
  readRow,
  readWindow,
  readWindowBytes,
  windowSql,
} from './rows/index.js';
export { BarEntity, createDataSource, migrate, MIGRATIONS } from './schema/index.js';
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
} from './sessions/index.js';
