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

/** The delay that a repository's error asks for in `retryAfterMs`, in ms, or undefined. */
export function retryAfterMsOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('retryAfterMs' in error)) return undefined;
  const ms = Number(error.retryAfterMs);
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
}

/** The message of anything that a repository may throw. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
