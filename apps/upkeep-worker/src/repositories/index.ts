/** The repositories that backfill asks, their limits, and their errors. */
export { Repositories, type Repository, RepositoryFailedError } from './repositories.js';
