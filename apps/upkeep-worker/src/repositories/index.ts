/** The repositories that backfill asks, their limits, and their errors. */
export { Repositories, type Repository, type RepositoryObserver } from './repositories.js';
export { RepositoryFailedError } from './repository-error.js';
