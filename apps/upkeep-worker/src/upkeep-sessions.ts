/**
 * The sessions that this worker has jobs of: what each consists of, kept by incarnation, so that a job costs one small
 * look-up: whether symbols came or left since.
 */
import { readSymbols, SessionLostError, SessionReader, UpkeepStore, withMembership } from '@barkeep/session-data';
import type { SessionRef } from '@barkeep/upkeep-queues';
import type { Redis } from 'ioredis';

const SESSIONS_KEPT = 200;
/** Changes of a session's symbols under one job, before the queue is to try it again. */
const CHANGES_MAX = 20;

export class UpkeepSessions {
  private readonly stores = new Map<string, UpkeepStore>();
  private readonly reader: SessionReader;

  constructor(
    private readonly redis: Redis,
    keyPrefix: string,
  ) {
    this.reader = new SessionReader(redis, keyPrefix);
  }

  /**
   * Does work on the store of a session; again from the start when symbols came or left under it, for then a partition
   * does not take what was made for others. @throws SessionLostError when the session is gone or was made anew
   */
  async with<T>(session: SessionRef, work: (store: UpkeepStore) => Promise<T>): Promise<T> {
    const kept = this.stores.get(session.incarnation);
    // What is known is worked with while it is looked up whether it still holds: work on an old list changes nothing that the new
    // one has, for every script compares, and is done again.
    const current = this.store(session);
    current.catch(() => undefined); // awaited below
    let store = kept ?? (await current);
    for (let change = 0; ; change++) {
      try {
        const result = await work(store);
        if (change > 0 || store === (await current)) return result;
        store = await current;
      } catch (error) {
        if (!(error instanceof SessionLostError) || change >= CHANGES_MAX) throw error;
        const before = store;
        store = await this.store(session);
        if (store === before) throw error;
      }
    }
  }

  private async store(session: SessionRef): Promise<UpkeepStore> {
    const kept = this.stores.get(session.incarnation);
    if (!kept) return this.open(session);
    const { membership } = await readSymbols(this.redis, kept.layout);
    if (membership.version === kept.layout.membership.version) return kept;
    const store = new UpkeepStore(this.redis, withMembership(kept.layout, membership));
    this.stores.set(session.incarnation, store);
    return store;
  }

  private async open({ sessionId, incarnation }: SessionRef): Promise<UpkeepStore> {
    const { layout } = await this.reader.open(sessionId);
    if (layout.incarnation !== incarnation) throw new SessionLostError(sessionId);
    const store = new UpkeepStore(this.redis, layout);
    this.stores.set(incarnation, store);
    const [oldest] = this.stores.keys();
    if (this.stores.size > SESSIONS_KEPT && oldest) this.stores.delete(oldest);
    return store;
  }
}
