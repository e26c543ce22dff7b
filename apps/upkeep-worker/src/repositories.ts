/**
 * Finds repositories by name: first those of the user's module (`BARKEEP_REPOSITORIES`), then the datasets in PostgreSQL. Permits
 * enforce the limits of the user's repositories across all workers.
 */
import { barSourceOf, messageOf, retryAfterMsOf, type AskPermit, type BarSource } from '@barkeep/bar-repository';
import { isOutage, type RepositoryLimit, type RepositoryLimits } from '@barkeep/session-data';
import type { Payload } from '@barkeep/upkeep-queues';
import type { DataSource } from 'typeorm';

/** A repository, and the permits that requests to it need. */
export interface Repository {
  source: BarSource;
  permitFor(session: string): AskPermit;
  /** True for a repository of the user's module. Its requests may be slow, so they start within a time slice. */
  isOwn: boolean;
}

interface RepositoriesOptions {
  /** The user's repositories by name: entries of the module. */
  own: ReadonlyMap<string, unknown>;
  limitOf: (name: string, limits: RepositoryLimits) => RepositoryLimit;
  /** Called with each request that was answered or failed. */
  observe: (repository: string, tookMs: number, error?: unknown) => void;
  /** Called for an entry of the module that is no repository. The entry is not used. */
  warn: (message: string) => void;
}

/** Thrown when a repository failed for some of a job's slots, so that the queue retries the job. */
export class RepositoryFailedError extends Error {
  override readonly name = 'RepositoryFailedError';

  /** @param changes of the job's payload for the next attempt; undefined removes a field @param retryInMs delay before it, ms */
  constructor(
    readonly repository: string,
    readonly changes: Partial<Payload<'backfill'>>,
    readonly retryInMs: number,
    cause: unknown,
  ) {
    super(`repository ${repository}: ${messageOf(cause)}`, { cause });
  }
}

/** Longest delay between two attempts on a failing repository, ms. */
const RETRY_MS_MAX = 60_000;
/** Longest delay between two attempts while PostgreSQL or a Redis is away, ms: all sessions wait for the return of the server. */
export const OUTAGE_RETRY_MS_MAX = 5_000;

/** Delay before attempt `failures` + 1, ms. It doubles up to `maxMs`; a random part of up to half is subtracted. */
export function retryDelayMs(failures: number, backoffMs: number, maxMs = RETRY_MS_MAX): number {
  const delay = Math.min(backoffMs * 2 ** (failures - 1), maxMs);
  return Math.round(delay * (1 - Math.random() / 2));
}

/** Delay before the next attempt of a job that failed with `error`, ms. @param attempts how many have failed */
export function delayAfter(error: unknown, attempts: number, backoffMs: number): number {
  if (error instanceof RepositoryFailedError) return error.retryInMs;
  return retryDelayMs(attempts, backoffMs, isOutage(error) ? OUTAGE_RETRY_MS_MAX : RETRY_MS_MAX);
}

export class Repositories {
  private readonly byName = new Map<string, Repository | undefined>();

  /** @throws RepositoryLimitError */
  constructor(
    private readonly dataSource: DataSource,
    private readonly options: RepositoriesOptions,
  ) {
    for (const [name, value] of options.own) this.byName.set(name, this.ownRepository(name, value));
  }

  /** The repository with this name; undefined when the user's module has this name for an entry that is no repository. */
  get(name: string): Repository | undefined {
    if (!this.byName.has(name)) this.byName.set(name, this.datasetRepository(name));
    return this.byName.get(name);
  }

  /** An entry of the user's module as a repository; undefined, after a warning, when it is none. @throws RepositoryLimitError */
  private ownRepository(name: string, entry: unknown): Repository | undefined {
    const { repository, limits } = parseEntry(name, entry);
    const source = barSourceOf(name, repository);
    if (source) return { source, permitFor: this.limited(name, this.options.limitOf(name, limits)), isOwn: true };
    this.options.warn(`repository ${name}: expected getBarsBySymbol, getBars or a TypeORM DataSource; it is not used`);
    return undefined;
  }

  /** A dataset in PostgreSQL as a repository, without limits. */
  private datasetRepository(name: string): Repository | undefined {
    const source = barSourceOf(name, this.dataSource);
    const permit: AskPermit = () => Promise.resolve(this.timed(name, () => undefined));
    return source && { source, permitFor: () => permit, isOwn: false };
  }

  /** Permits that keep the limit of a repository, and the pauses that it asks for. @returns the permit of each session */
  private limited(name: string, limit: RepositoryLimit): (session: string) => AskPermit {
    return (session) => async (signal) => {
      const giveBack = await limit.take(session, signal);
      return this.timed(name, (failure) => {
        giveBack();
        const restMs = retryAfterMsOf(failure);
        // When Redis is away, other jobs do not learn of the pause. This job waits anyway, by the delay of its next attempt.
        if (restMs !== undefined && restMs > 0) limit.rest(restMs).catch(() => undefined);
      });
    };
  }

  /** Begins to time a request. @returns a function to call with its outcome: it calls `onOutcome`, then `observe` */
  private timed(name: string, onOutcome: (error?: unknown) => void): (error?: unknown) => void {
    const askedAt = performance.now();
    return (error) => {
      onOutcome(error);
      this.options.observe(name, performance.now() - askedAt, error);
    };
  }
}

/** Thrown for an invalid `limit` of a repository. */
export class RepositoryLimitError extends Error {
  override readonly name = 'RepositoryLimitError';
  constructor(repository: string, field: string, expected: string, was: unknown) {
    super(`repository ${repository}: ${field}: expected ${expected}, was ${JSON.stringify(was) ?? String(was)}`);
  }
}

/** The fields of a limit: at most `max` requests in `durationMs`, and at most `concurrency` at the same time. */
const LIMIT_FIELDS = ['max', 'durationMs', 'concurrency'] as const;

/** An entry of the user's module: a repository, which may have a `limit`, or `{ repository, limit }`. @throws RepositoryLimitError */
function parseEntry(name: string, entry: unknown): { repository: unknown; limits: RepositoryLimits } {
  if ((typeof entry !== 'object' && typeof entry !== 'function') || entry === null)
    return { repository: entry, limits: {} }; // a value without properties
  const repository = 'repository' in entry ? entry.repository : entry;
  return { repository, limits: 'limit' in entry ? parseLimits(name, entry.limit) : {} };
}

/** @throws RepositoryLimitError for a `limit` with unknown or invalid fields */
function parseLimits(name: string, limit: unknown): RepositoryLimits {
  if (limit === undefined) return {};
  if (typeof limit !== 'object' || limit === null) throw new RepositoryLimitError(name, 'limit', 'an object', limit);
  for (const [field, value] of Object.entries(limit)) {
    if (!LIMIT_FIELDS.some((known) => known === field))
      throw new RepositoryLimitError(name, `limit.${field}`, `one of ${LIMIT_FIELDS.join(', ')}`, value);
    if (!Number.isSafeInteger(value) || (value as number) < 1)
      throw new RepositoryLimitError(name, `limit.${field}`, 'a whole number of at least 1', value);
  }
  const limits = limit as RepositoryLimits;
  if ((limits.max === undefined) !== (limits.durationMs === undefined))
    throw new RepositoryLimitError(name, 'limit', 'max and durationMs together', limit);
  return limits;
}
