/**
 * Removes sessions with all their data, and what is left of lost stores. Only one call at a time, with the session's lock, removes keys of
 * a session. Otherwise a slow call could remove the keys of a newer store, which another start or a later session of the same id has made.
 */
import { withSessionLock } from '@barkeep/bar-repository';
import { isOutage, isRedisOutage, removeLeftover, removeSession } from '@barkeep/session-data';
import type { EntityManager } from 'typeorm';
import { removalOf, type Servers, type SessionRecord } from './session-row.js';
import type { SymbolChanges } from './symbol-changes.js';
import { Turns } from './turns.js';

/** While keys are removed, the connection that holds the session's lock runs a statement this often, ms: see {@link withSessionLock}. */
const LOCK_KEPT_EVERY_MS = 5_000;

/** Most sessions removed at the same time: each holds a connection to Postgres, and the API and the streams need the others. */
const REMOVED_AT_ONCE = 3;

/** The SQLSTATE of a statement that has waited too long for a lock. */
const LOCK_NOT_AVAILABLE = '55P03';

export class SessionRemoval {
  private readonly turns = new Turns(REMOVED_AT_ONCE);

  constructor(
    private readonly parts: Pick<Servers, 'dataSource' | 'keyPrefix' | 'producer' | 'redis' | 'sessions'> & {
      changes: SymbolChanges;
    },
  ) {}

  /** Stops a session and removes all its data. Another session that has its id by now stays. */
  remove(row: SessionRecord): Promise<void> {
    return this.turns.run(() => this.removeNow(row, { onlyIfExpired: false }));
  }

  /**
   * As {@link remove}, unless a call has started the session again meanwhile: the row may have been read long ago. Leaves a session that
   * another process has locked for long: mostly that process removes it.
   */
  async removeExpired(row: SessionRecord): Promise<void> {
    try {
      await this.turns.run(() => this.removeNow(row, { onlyIfExpired: true }));
    } catch (error) {
      const isLocked = (error as { code?: unknown }).code === LOCK_NOT_AVAILABLE;
      if (!isLocked) throw error;
    }
  }

  private async removeNow(row: SessionRecord, { onlyIfExpired }: { onlyIfExpired: boolean }): Promise<void> {
    const { dataSource, keyPrefix, producer, redis } = this.parts;
    const { layout, isComplete } = removalOf(row, keyPrefix);
    // The keys of symbols that left, and of days that are unknown, are not in the layout. A search of all keys of the server finds them.
    const mustScan = !isComplete || (await this.removeLeftSymbols(row)).mayRemain;
    const removedRow = await withSessionLock(dataSource, row, async (membership, manager) => {
      const sessions = this.parts.sessions.within(manager);
      const isGone = membership === undefined; // every row has a membership
      if (isGone || (onlyIfExpired && !(await sessions.lockExpired(row)))) return undefined;
      await removeSession(redis, layout, { mustScan, onBatch: lockKeeper(manager) });
      await producer.unschedule(row.incarnation);
      return sessions.remove(row);
    });
    if (!removedRow) return;
    // Until the row was gone, another process could create the store again, or a symbol's part of it (invariant I9 of docs/ARCHITECTURE.md).
    const left = removalOf(removedRow, keyPrefix);
    await withSessionLock(dataSource, row, () => removeLeftover(redis, left.layout, !left.isComplete));
  }

  /**
   * Removes the data of symbols that left the session. It may remain when the store is broken in any way, when its first meta hash was
   * evicted, or when the session Redis is full: then the server takes no writes, but still removes keys.
   */
  private async removeLeftSymbols(row: SessionRecord): Promise<{ mayRemain: boolean }> {
    try {
      const isRemoved = !row.membership || (await this.parts.changes.updateStore(row));
      return { mayRemain: !isRemoved };
    } catch (error) {
      const isPostgresAway = isOutage(error) && !isRedisOutage(error);
      if (isPostgresAway) throw error;
      return { mayRemain: true };
    }
  }
}

/** A function that keeps the session's lock of `manager` while the store is removed, if it is called often. */
export function lockKeeper(manager: EntityManager): () => Promise<void> {
  let keptAt = performance.now();
  return async () => {
    if (performance.now() - keptAt < LOCK_KEPT_EVERY_MS) return;
    await manager.query('SELECT 1');
    keptAt = performance.now();
  };
}
