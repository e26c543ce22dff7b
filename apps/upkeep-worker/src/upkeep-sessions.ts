/**
 * Caches the stores of sessions, so that a job needs only one small read, which shows whether the session's symbols changed. Also
 * declares what the work of every queue uses, and marks a session as failed.
 */
import {
  openSession,
  readSymbols,
  SessionLostError,
  UpkeepStore,
  withMembership,
  setControl,
  emitState,
  type SessionLayout,
} from '@barkeep/session-data';
import { RecentMap } from '@barkeep/service';
import type { SessionRef, UpkeepProducer } from '@barkeep/upkeep-queues';
import type { Redis } from 'ioredis';
import type { Tracing } from '@barkeep/observe';
import { SessionRepository, SessionStateError } from '@barkeep/bar-repository';
import type { DataSource } from 'typeorm';
import type { UpkeepFigures } from './upkeep-figures.js';

/** At most this many sessions are cached. */
const SESSIONS_KEPT = 200;
/** How often a session's symbols may change during one job. After that the job fails, and the queue retries it. */
const CHANGES_MAX = 20;

export class UpkeepSessions {
  private readonly stores = new RecentMap<UpkeepStore>(SESSIONS_KEPT);

  constructor(
    private readonly redis: Redis,
    private readonly keyPrefix: string,
  ) {}

  /**
   * Runs `work` on the store of a session. Runs it again when symbols were added or removed meanwhile, because a partition refuses
   * writes for other symbols. @throws SessionLostError when the session was deleted, or deleted and created again
   */
  async with<T>(session: SessionRef, work: (store: UpkeepStore) => Promise<T>): Promise<T> {
    const cached = this.stores.get(session.incarnation);
    // Start with the cached store while the symbols are read. Work on an old list of symbols is harmless: every script
    // checks the list before it writes, and the work runs again with the new list.
    const reading = this.currentStore(session);
    reading.catch(() => undefined); // handled where it is awaited; this only prevents an unhandled rejection
    let store = cached ?? (await reading);
    for (let changes = 0; ; changes++) {
      try {
        const result = await work(store);
        // Later runs had the current symbols. The first run counts only if its store was current.
        if (changes > 0 || store === (await reading)) return result;
        store = await reading;
      } catch (error) {
        // A script refuses changed symbols with the same error as a lost session.
        if (!(error instanceof SessionLostError) || changes >= CHANGES_MAX) throw error;
        const previous = store;
        store = await this.currentStore(session);
        if (store === previous) throw error; // the symbols did not change, so the session is really lost
      }
    }
  }

  /** The store of a session with its current symbols. @throws SessionLostError */
  private async currentStore(session: SessionRef): Promise<UpkeepStore> {
    const cached = this.stores.get(session.incarnation);
    if (!cached) return this.open(session);
    const { membership } = await readSymbols(this.redis, cached.layout);
    if (membership.version === cached.layout.membership.version) return cached;
    const store = new UpkeepStore(this.redis, withMembership(cached.layout, membership));
    this.stores.set(session.incarnation, store);
    return store;
  }

  /** Opens a session that is not cached, and caches it. @throws SessionLostError */
  private async open({ sessionId, incarnation }: SessionRef): Promise<UpkeepStore> {
    const { layout } = await openSession(this.redis, this.keyPrefix, sessionId);
    if (layout.incarnation !== incarnation) throw new SessionLostError(sessionId);
    const store = new UpkeepStore(this.redis, layout);
    this.stores.set(incarnation, store);
    return store;
  }
}

/** What the work of every queue uses. */
export interface WorkParts {
  sessions: UpkeepSessions;
  producer: UpkeepProducer;
  figures: UpkeepFigures;
  tracing: Pick<Tracing, 'span'>;
  /** The time of the session Redis, epoch ms. */
  now: () => number;
}

/** The states that can fail. `completed` is one, because a session without barriers does not wait for its repairs. */
const FAILABLE = ['running', 'waiting-upkeep', 'paused', 'completed'] as const;

/**
 * Fails a session whose repository failed in every attempt (`onFailure: fail`): marks its row, then tells its stream to stop. A repeated
 * call completes one that died in between. Does nothing for a session that has ended in another way.
 */
export async function failSession(dataSource: DataSource, redis: Redis, layout: SessionLayout, error: string) {
  const sessions = new SessionRepository(dataSource);
  let row = await sessions.reread(layout);
  if (!row) return;
  try {
    if (row.state !== 'failed') row = await sessions.transition(layout, FAILABLE, 'failed', { error });
  } catch (cause) {
    if (cause instanceof SessionStateError) return;
    throw cause;
  }
  await setControl(redis, layout, row.epoch, 'stop');
  await emitState(redis, layout, 'failed', row.error);
}
