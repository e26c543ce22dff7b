import { messageOf } from '@barkeep/bar-repository';

/** Thrown when a repository failed for some of a job's slots, and is to be asked again. */
export class RepositoryFailedError extends Error {
  override readonly name = 'RepositoryFailedError';

  /**
   * @param failures how often a repository has failed under this job
   * @param retryInMs delay before the next attempt
   */
  constructor(
    readonly repository: string,
    readonly failures: number,
    readonly retryInMs: number,
    cause: unknown,
  ) {
    super(`repository ${repository}: ${messageOf(cause)}`, { cause });
  }
}
