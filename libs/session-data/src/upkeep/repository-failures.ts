/** The repositories that fail for a session now. Workers write them; the coordinator reads them to show what a session waits for. */
import type { Redis } from 'ioredis';
import { ERROR_CHARS_MAX, EVENTS_KEPT } from '../events/index.js';
import { SessionLostError } from '../errors.js';
import type { SessionLayout } from '../layout/index.js';
import { SCRIPTS } from '../redis/index.js';
import type { UpkeepReads } from './upkeep-reads.js';

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

/** The failing repositories of a session, longest failing first. */
export async function readFailures(redis: Redis, layout: SessionLayout): Promise<RepositoryFailure[]> {
  const texts = await redis.hgetall(layout.keysOf(0).repositories);
  const failures = Object.entries(texts).map(([repository, text]) => {
    return { ...(JSON.parse(text) as Omit<RepositoryFailure, 'repository'>), repository };
  });
  return failures.sort((a, b) => a.since - b.since);
}

/** Stores a failure; emits the first one in a row. @param now epoch ms of the wall clock @throws SessionLostError */
export async function noteFailure(
  store: UpkeepReads,
  { repository, error, nextTryAt, failures }: Omit<RepositoryFailure, 'since'>,
  now: number,
): Promise<void> {
  const text = error.slice(0, ERROR_CHARS_MAX);
  const times = [now, nextTryAt].map(Math.round);
  await noteRepository(store, [repository, ...times, failures, text, JSON.stringify(text)]);
}

/** Removes the failure of a repository that answered, and emits its recovery. @param now as above @throws SessionLostError */
export async function clearFailure(store: UpkeepReads, repository: string, now: number): Promise<void> {
  await noteRepository(store, [repository, Math.round(now)]);
}

/** Runs note-repository.lua: with a failure, or without one to remove it. @throws SessionLostError */
async function noteRepository({ redis, layout }: UpkeepReads, args: (string | number)[]): Promise<void> {
  // Emits to the changes and not to the public events: a repository may fail for slots after the clock.
  const { meta, repositories, changes } = layout.keysOf(0);
  const allArgs = [layout.incarnation, EVENTS_KEPT, ...args];
  const reply = await SCRIPTS.noteRepository.run(redis, [meta, repositories, changes], allArgs);
  if (reply === 'gone') throw new SessionLostError(layout.id);
}
