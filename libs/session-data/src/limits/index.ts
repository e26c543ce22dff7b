/** Limits of repositories across all workers: rate, concurrency, and turns between sessions. */
export { removeRepositoryLimits, RepositoryLimit, type RepositoryLimits } from './repository-limit.js';
