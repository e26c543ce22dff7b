/**
 * Completed sessions whose store lost its newest writes: the record says that the clock reached the end, and the store's clock is
 * before it. Such a session runs again from the position of its store. That is sound: what it streams is a function of its spec and
 * its datasets (I1), and every write of the stream may be repeated. A session whose whole store is gone is `lost` instead.
 */
import { SessionStateError, type SessionRepository, type SessionRow } from '@barkeep/bar-repository';
import type { SessionSpec } from '@barkeep/bars';
import { isBehind } from '@barkeep/session-data';
import type { UpkeepProducer } from '@barkeep/upkeep-queues';
import type { Redis } from 'ioredis';
import type { SessionControl } from './session-control.js';
import { layoutOf } from './symbol-changes.js';

type Row = SessionRow<SessionSpec>;

export interface LostTailParts {
  sessions: Pick<SessionRepository<SessionSpec>, 'transition' | 'get'>;
  control: SessionControl;
  producer: UpkeepProducer;
  redis: Redis;
  keyPrefix: string;
  warn: (message: string, error: unknown) => void;
}

export class LostTail {
  constructor(private readonly parts: LostTailParts) {}

  /**
   * Compares the store of a completed session with its record, and starts the session again if the store is behind.
   * @returns the row as it is then @throws what Postgres or Redis throw
   */
  async check(row: Row): Promise<Row> {
    const { sessions, redis, keyPrefix, warn } = this.parts;
    if (row.state !== 'completed' || !row.checkpoint) return row;
    const layout = layoutOf(row, keyPrefix);
    if (!(await isBehind(redis, layout, layout.end))) return row;
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
    const { control, producer, warn } = this.parts;
    const { id, incarnation, run, spec } = row;
    const session = { sessionId: id, incarnation };
    const { enabled, everySeconds } = spec.upkeep;
    const results = await Promise.allSettled([
      control.follow(row),
      producer.add('stream', { ...session, run }),
      enabled ? producer.schedule(session, everySeconds * 1000) : undefined,
    ]);
    for (const result of results) {
      if (result.status === 'rejected') warn(`session ${id}: the reconciler starts it`, result.reason);
    }
  }
}
