/**
 * Completed sessions whose store lost its newest writes: the record says that the clock reached the end, and the store's clock is
 * before it. Such a session runs again from the position of its store. That is sound: what it streams is a function of its spec and
 * its datasets (I1), and every write of the stream may be repeated. A session whose whole store is gone is `lost` instead.
 */
import { SessionStateError } from '@barkeep/bar-repository';
import { compareStore } from '@barkeep/session-data';
import type { SessionControl } from './session-control.js';
import { addJobs, layoutOf, type Row, type Servers } from './session-row.js';

export class LostTail {
  constructor(
    private readonly servers: Servers,
    private readonly control: SessionControl,
  ) {}

  /**
   * Compares the store of a completed session with its record, and starts the session again if the store is behind.
   * @returns the row as it is then @throws what Postgres or Redis throw
   */
  async check(row: Row): Promise<Row> {
    const { sessions, redis, keyPrefix, warn } = this.servers;
    if (row.state !== 'completed' || !row.checkpoint) return row;
    const layout = layoutOf(row, keyPrefix);
    if ((await compareStore(redis, layout, { clock: layout.end })) !== 'behind') return row;
    let reopened: Row;
    try {
      reopened = await sessions.transition(row.id, ['completed'], 'running', { incrementRun: true, error: null });
    } catch (error) {
      // Another coordinator was faster.
      if (error instanceof SessionStateError) return sessions.get(row.id);
      throw error;
    }
    const message = `session ${row.id}: its store lost writes after it completed; the rest is streamed again`;
    warn(message, new Error('the clock of the store is before the end of the session'));
    await this.start(reopened);
    return reopened;
  }

  /** Best effort: the row says `running`, so the reconciler starts what is missing. */
  private async start(row: Row): Promise<void> {
    const { producer, warn } = this.servers;
    const results = await Promise.allSettled([this.control.follow(row), addJobs(producer, row)]);
    for (const result of results) {
      if (result.status === 'rejected') warn(`session ${row.id}: the reconciler starts it`, result.reason);
    }
  }
}
