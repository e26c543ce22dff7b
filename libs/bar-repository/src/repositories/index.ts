/** Sources that backfill can ask: stored datasets and the user's own repositories. */
export {
  type BarsBySymbolRepository,
  barSourceOf,
  type BarsRepository,
  fetchFrom,
  loadRepositories,
} from './user-repositories.js';
export {
  type AskPermit,
  type RepositoryAnswer,
  type BarSource,
  type RefusedRecord,
  messageOf,
  retryAfterMsOf,
} from './bar-source.js';
export { type Fetch } from './object-source.js';
