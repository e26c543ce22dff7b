/**
 * The sessions that this worker has jobs of: what each consists of, kept by incarnation, so that a job costs no look-up.
 */
import { SessionLostError, SessionReader, UpkeepStore } from '@barkeep/session-data';
import type { SessionRef } from '@barkeep/upkeep-queues';
import type { Redis } from 'ioredis';

const SESSIONS_KEPT = 200;

export class UpkeepSessions {
  private readonly stores = new Map<string, UpkeepStore>();
  private readonly reader: SessionReader;

  constructor(
    private readonly redis: Redis,
    keyPrefix: string,
  ) {
    this.reader = new SessionReader(redis, keyPrefix);
  }

  /** The store of a session. @throws SessionLostError when it is gone or was made anew */
  async store({ sessionId, incarnation }: SessionRef): Promise<UpkeepStore> {
    const kept = this.stores.get(incarnation);
    if (kept) return kept;
    const { layout } = await this.reader.open(sessionId);
    if (layout.incarnation !== incarnation) throw new SessionLostError(sessionId);
    const store = new UpkeepStore(this.redis, layout);
    this.stores.set(incarnation, store);
    const [oldest] = this.stores.keys();
    if (this.stores.size > SESSIONS_KEPT && oldest) this.stores.delete(oldest);
    return store;
  }
}
