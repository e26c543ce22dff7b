/** Changes the row of a session, or its store, alone: as a process does that dies in between, or a server that loses a write. */
import type { Redis } from 'ioredis';
import type { Api } from '../system/api.js';
import type { TestSystem } from '../system/system.js';

type Control = 'run' | 'pause' | 'stop';

export class RowAndStore {
  constructor(
    private readonly system: TestSystem,
    /** The session Redis. */
    private readonly redis: Redis,
    private readonly api: () => Api,
  ) {}

  /** What the store tells the owner to do. */
  control(id: string): Promise<string | null> {
    return this.redis.hget(this.metaKey(id), 'control');
  }

  async untilControl(id: string, value: Control, boundMs?: number): Promise<void> {
    await this.api().eventually(
      () => this.control(id),
      (found) => found === value,
      boundMs,
    );
  }

  /** Makes the store differ from the row, as if it had lost a write. */
  async driftTo(id: string, value: Control): Promise<void> {
    await this.redis.hset(this.metaKey(id), 'control', value);
  }

  /** Gives the store a higher epoch than the row, as if PostgreSQL had lost commits: the store refuses what the owner writes. */
  async raiseEpoch(id: string, epoch: number): Promise<void> {
    await this.redis.hset(this.metaKey(id), 'epoch', String(epoch));
  }

  /** Replaces the store's hash by a text, which Barkeep never writes. */
  async breakStore(id: string): Promise<void> {
    await this.redis.set(this.metaKey(id), 'not a hash');
  }

  /** Changes the state in the row alone, like a process that dies before it changes the store. */
  async failRow(id: string): Promise<void> {
    await this.system.query(
      `UPDATE sessions SET state = 'failed', error = 'the source is gone', completed_at = now() WHERE id = '${id}'`,
    );
  }

  /** Waits until the newest event of the session is the one that must follow {@link failRow}. */
  async untilFailedEvent(id: string): Promise<void> {
    const events = `${this.system.sessionPrefix}:{${id}:0}:events`;
    await this.api().eventually(
      // Names and values of the fields in turn, separated by spaces.
      async () => (await this.redis.xrevrange(events, '+', '-', 'COUNT', 1))[0]?.[1].join(' '),
      (event) => event === 'type state state failed error the source is gone',
    );
  }

  private metaKey(id: string): string {
    return `${this.system.sessionPrefix}:{${id}:0}:meta`;
  }
}
