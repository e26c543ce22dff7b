/** Rows of bars: COPY in and out, import. */
export { BarImporter, ImportEndedError, type ImportOptions, InvalidBarError } from './bar-importer.js';
export { CopyFormatError, CopyOutParser, type OnRowBytes } from './copy-out-parser.js';
export { copyOut } from './copy-out.js';
export { type BackendState, CopySocket, socketFor } from './copy-socket.js';
export { IdError, readSpans, readWindow, readWindowBytes, timestamp, wholeNumber, windowSql } from './read-window.js';
export * from './stored-ranges.js';
export { storedInterval, storedSpacings } from './stored-spacings.js';
export { COPY_HEADER, COPY_TRAILER, type OnRow, POSTGRES_EPOCH_MS, READ_ROW, readRow } from './row-layout.js';
