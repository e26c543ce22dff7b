/**
 * Adds symbols to a session and removes them, at any time. The decision is one statement in Postgres. The store then follows it:
 * the call that decided brings it in line, or the stream when it starts, or the reconciler after a crash. A running stream sees
 * the change in the store and starts again with the new symbols.
 */
import {
  ACTIVE_STATES,
  forgetQuarantined,
  SESSION_STATES,
  SymbolConflictError,
  withSessionLock,
  SessionStateError,
  type SessionRepository,
  type SessionRow,
  type SessionState,
} from '@barkeep/bar-repository';
import {
  decodeDays,
  encodeDays,
  UNCHANGED,
  UnknownCalendarError,
  withoutSymbol,
  withSymbol,
  type Membership,
  type SessionSpec,
} from '@barkeep/bars';
import {
  isBrokenStore,
  updateSymbols,
  readSymbols,
  removeLeftover,
  SessionLayout,
  SessionLostError,
  UnknownSymbolError,
} from '@barkeep/session-data';
import type { UpkeepProducer } from '@barkeep/upkeep-queues';
import type { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';

type Row = SessionRow<SessionSpec>;

/** States in which a symbol may be added: the session's clock can still move. */
const GROWING = ['created', ...ACTIVE_STATES, 'paused', 'stopped'] as const satisfies readonly SessionState[];
/** How often one call retries after concurrent changes. */
const TRIES_MAX = 50;
const DAY_MS = 86_400_000;

export interface SymbolChangesParts {
  dataSource: DataSource;
  sessions: SessionRepository<SessionSpec>;
  redis: Redis;
  keyPrefix: string;
  producer: UpkeepProducer;
}

/** The layout of a row's session, with its current symbols. @throws UnknownCalendarError */
export function layoutOf(row: Row, keyPrefix: string, membership = row.membership ?? UNCHANGED): SessionLayout {
  const { id, incarnation, spec, historyDays, days } = row;
  const kept = days ? decodeDays(days) : undefined;
  return new SessionLayout(id, incarnation, spec, keyPrefix, historyDays, membership, kept);
}

/**
 * The layout to remove a session with. When its calendar is unknown and its days were not kept, it has one day only, and all keys of
 * the store have to be scanned for those of the session.
 */
export function removalOf(row: Row, keyPrefix: string): { layout: SessionLayout; scans: boolean } {
  try {
    return { layout: layoutOf(row, keyPrefix), scans: false };
  } catch (error) {
    if (!(error instanceof UnknownCalendarError)) throw error;
    const { start: date } = row.spec;
    const open = Date.parse(date);
    const days = encodeDays([{ date, segments: [{ open, close: open + DAY_MS }] }]);
    return { layout: layoutOf({ ...row, historyDays: 0, days }, keyPrefix), scans: true };
  }
}

export class SymbolChanges {
  constructor(private readonly parts: SymbolChangesParts) {}

  /**
   * Adds a symbol; a present one stays as it is.
   * @returns whether readers see it already
   * @throws UnknownSessionError, SessionStateError, SymbolCountError
   */
  async add(id: string, symbol: string): Promise<'joining' | 'present'> {
    const row = await this.change(id, GROWING, ({ membership, layout }) =>
      withSymbol(id, { symbols: layout.spec.symbols, basePartitions: layout.basePartitions }, membership, symbol),
    );
    if (!(await this.updateSymbols(row))) return 'present';
    const { joining } = await readSymbols(this.parts.redis, layoutOf(row, this.parts.keyPrefix));
    return joining.includes(symbol) ? 'joining' : 'present';
  }

  /** Removes a symbol and all its data. @throws UnknownSessionError, UnknownSymbolError, SymbolCountError */
  async remove(id: string, symbol: string): Promise<void> {
    const row = await this.change(id, SESSION_STATES, ({ membership, layout }) => {
      const partition = layout.partitionOf(symbol);
      if (partition === undefined) throw new UnknownSymbolError(id, symbol);
      const members = { symbols: layout.spec.symbols, basePartitions: layout.basePartitions };
      return withoutSymbol(id, members, membership, symbol, partition);
    });
    await this.updateSymbols(row);
  }

  /**
   * Brings the store in line with the row; must be called before anything is written with the row's symbols.
   * @returns false when there is no store
   */
  async updateSymbols(row: Row): Promise<boolean> {
    const { dataSource, redis, keyPrefix, producer } = this.parts;
    try {
      const left = await withSessionLock(dataSource, row, async (membership, manager) => {
        if (!membership) throw new SessionLostError(row.id);
        const removed = await updateSymbols(redis, layoutOf({ ...row, membership }, keyPrefix));
        await forgetQuarantined(manager, row.incarnation, removed ?? []);
        return removed;
      });
      const session = { sessionId: row.id, incarnation: row.incarnation };
      // Jobs of the old symbol list ended without an error.
      if (left && row.spec.upkeep.enabled) await producer.add('detect-gaps', { ...session, force: false });
      return true;
    } catch (error) {
      if (error instanceof SessionLostError) return false;
      throw error;
    }
  }

  /** Removes what symbols left in the store. @returns false when the store is broken, so that this is not known */
  async removeLeft(row: Row): Promise<boolean> {
    try {
      await this.updateSymbols(row);
      return true;
    } catch (error) {
      if (isBrokenStore(error)) return false;
      throw error;
    }
  }

  /** Whether the store must be brought in line with the row. */
  async isBehind(row: Row): Promise<boolean> {
    if (!row.membership) return false;
    try {
      const { membership, leaving } = await readSymbols(this.parts.redis, layoutOf(row, this.parts.keyPrefix));
      return membership.version < row.membership.version || leaving !== '';
    } catch (error) {
      if (error instanceof SessionLostError) return false;
      throw error;
    }
  }

  /** Removes keys that a concurrent change created for a session that is gone (I9). */
  async removeLeftover(row: Row): Promise<void> {
    const { dataSource, redis, keyPrefix } = this.parts;
    const { layout, scans } = removalOf(row, keyPrefix);
    await withSessionLock(dataSource, row, () => removeLeftover(redis, layout, scans));
  }

  /** Applies a change to the symbols of a session, and retries after concurrent changes. */
  private async change(
    id: string,
    from: readonly SessionState[],
    decide: (session: { membership: Membership; layout: SessionLayout }) => Membership,
  ): Promise<Row> {
    for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
      const row = await this.parts.sessions.get(id);
      const membership = row.membership ?? UNCHANGED;
      const after = decide({ membership, layout: layoutOf(row, this.parts.keyPrefix) });
      if (after === membership) return row;
      if (!from.includes(row.state)) throw new SessionStateError(id, from, row.state);
      const changed = await this.parts.sessions.changeSymbols(row, from, membership, after);
      if (changed) return changed;
    }
    throw new SymbolConflictError(id);
  }
}
