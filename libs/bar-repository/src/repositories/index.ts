/** Sources that backfill can ask: stored datasets and the user's own repositories. */
export { barSourceOf, fetchFrom, loadRepositories } from './user-repositories.js';
export type { BarsBySymbolRepository, BarsRepository } from './user-repositories.js';
export { RECORD_FIELDS } from './bar-record.js';
export { messageOf, retryAfterMsOf } from './bar-source.js';
export type { AskPermit, RepositoryAnswer, BarSource, RefusedRecord } from './bar-source.js';
export { type Fetch } from './object-source.js';
