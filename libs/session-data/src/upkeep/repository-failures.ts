/** The repositories that fail for a session now. Workers write them; the coordinator reads them to show what a session waits for. */
import type { Redis } from 'ioredis';
import { ERROR_CHARS_MAX, EVENTS_KEPT } from '../events/index.js';
import { SessionLostError } from '../errors.js';
import type { SessionLayout } from '../layout/index.js';
import { SCRIPTS } from '../redis/index.js';

export interface RepositoryFailure {
  repository: string;
  error: string;
  /** Time of the first failure since the repository last answered, epoch ms of the wall clock. */
  since: number;
  /** Time of the worker's next request, epoch ms of the wall clock. */
  nextTryAt: number;
  /** Number of failures in a row of the job that failed last. */
  failures: number;
}

export class RepositoryFailures {
  constructor(
    private readonly redis: Redis,
    private readonly layout: SessionLayout,
  ) {}

  /** The failing repositories of the session, longest failing first. */
  async list(): Promise<RepositoryFailure[]> {
    const texts = await this.redis.hgetall(this.layout.keysOf(0).repositories);
    const failures = Object.entries(texts).map(([repository, text]) => {
      return { ...(JSON.parse(text) as Omit<RepositoryFailure, 'repository'>), repository };
    });
    return failures.sort((a, b) => a.since - b.since);
  }

  /** Stores a failure; emits the first one in a row. @param now epoch ms of the wall clock @throws SessionLostError */
  async note(failure: Omit<RepositoryFailure, 'since'>, now: number): Promise<void> {
    const { repository, error, nextTryAt, failures } = failure;
    const text = error.slice(0, ERROR_CHARS_MAX);
    await this.run([repository, Math.round(now), Math.round(nextTryAt), failures, text, JSON.stringify(text)]);
  }

  /** Removes the failure of a repository that answered, and emits its recovery. @param now as in {@link note} @throws SessionLostError */
  async clear(repository: string, now: number): Promise<void> {
    await this.run([repository, Math.round(now)]);
  }

  /** Runs note-repository.lua: with a failure, or without one to remove it. @throws SessionLostError */
  private async run(args: (string | number)[]): Promise<void> {
    // Emits to the changes and not to the public events: a repository may fail for slots after the clock.
    const { meta, repositories, changes } = this.layout.keysOf(0);
    const keys = [meta, repositories, changes];
    const reply = await SCRIPTS.noteRepository.run(this.redis, keys, [this.layout.incarnation, EVENTS_KEPT, ...args]);
    if (reply === 'gone') throw new SessionLostError(this.layout.id);
  }
}
