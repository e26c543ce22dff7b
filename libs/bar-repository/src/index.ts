/** PostgreSQL: the tables of bars and sessions, fast reading and writing by COPY, and the adapters for users' repositories. */
export { type ConnectionSource, withConnection } from './connection.js';
export * from './datasets/index.js';
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
export * from './sessions/index.js';
