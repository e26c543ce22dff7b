/** Sources that backfill can ask: stored datasets and the user's own repositories. */
export { type BarsBySymbolRepository, barSourceOf, type BarsRepository, fetchFrom } from './bar-source-of.js';
export { type AskPermit, type RepositoryAnswer, type BarSource, type RefusedRecord } from './bar-source.js';
export { loadRepositories } from './load-repositories.js';
export { type Fetch } from './object-source.js';
export { messageOf, retryAfterMsOf } from './thrown-error.js';
