/** The repositories that backfill asks, their limits, and their errors. */
export { Repositories, type Repository, type RepositoryObserver } from './repositories.js';
export { messageOf, RepositoryFailedError, retryAfterMsOf } from './repository-error.js';
