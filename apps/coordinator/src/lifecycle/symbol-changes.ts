/**
 * Adds symbols to a session and removes them, at any time. One statement in Postgres decides. Then the same call changes the store;
 * after a crash the next stream of the session or the reconciler does it. A running stream sees the change in the store and starts
 * again with the new symbols.
 */
import * as repository from '@barkeep/bar-repository';
import { currentSymbols, SymbolCountError, UNCHANGED, withoutSymbol, withSymbol, type Membership } from '@barkeep/bars';
import * as store from '@barkeep/session-data';
import { isActive, layoutOf, type SessionRecord, type Servers } from './session-row.js';
import { hintUpkeep } from './upkeep-request.js';

/** States in which a symbol may be added: the session's clock can still move. */
const STATES_FOR_ADDING = ['created', ...repository.ACTIVE_STATES, 'paused', 'stopped'] as const;
/** How many times one call tries when other calls change the symbols at the same time. */
const TRIES_MAX = 50;

export class SymbolChanges {
  /** @param maxSymbolDays most symbols × trading days of a session */
  constructor(
    private readonly servers: Servers,
    private readonly maxSymbolDays: number,
  ) {}

  /**
   * Adds a symbol; a present one stays as it is. Readers see a `joining` symbol once it is complete up to the clock.
   * @returns whether readers see it already
   * @throws UnknownSessionError, SessionStateError, SymbolCountError, FedSymbolsError
   */
  async add(id: string, symbol: string): Promise<'joining' | 'present'> {
    let isNew = false;
    const row = await this.change(id, STATES_FOR_ADDING, ({ membership, layout }) => {
      const changed = withSymbol(id, membersOf(layout), membership, symbol);
      isNew = changed !== membership;
      if (isNew) this.checkSize(layout, changed);
      return changed;
    });
    const stateInStore = async () => {
      if (!(await this.updateStore(row))) return 'present';
      const { joining } = await store.readSymbols(this.servers.redis, layoutOf(row, this.servers.keyPrefix));
      return joining.includes(symbol) ? 'joining' : 'present';
    };
    return isNew ? orLater(stateInStore(), 'joining') : stateInStore();
  }

  /**
   * Removes a symbol and all its data.
   * @returns whether that is done; false when a server is away or the store is broken: then the data is removed later
   * @throws UnknownSessionError, UnknownSymbolError, SymbolCountError, FedSymbolsError
   */
  async remove(id: string, symbol: string): Promise<boolean> {
    const row = await this.change(id, repository.SESSION_STATES, ({ membership, layout }) => {
      const partition = layout.partitionOf(symbol);
      if (partition === undefined) throw new store.UnknownSymbolError(id, symbol);
      return withoutSymbol(id, membersOf(layout), membership, symbol, partition);
    });
    const update = this.updateStore(row).then(() => true);
    return orLater(update, false);
  }

  /**
   * Brings the store in line with the row; must be called before anything is written with the row's symbols.
   * @returns false when there is no store
   */
  async updateStore(row: SessionRecord): Promise<boolean> {
    const { producer, warn } = this.servers;
    try {
      // Jobs with the old symbol list end without an error, so their work is requested again after each step. The step is made already,
      // so the call must not fail when the queue Redis is away.
      while (await this.takeStep(row)) hintUpkeep({ layout: row, producer, warn });
      return true;
    } catch (error) {
      if (error instanceof store.SessionLostError) return false;
      throw error;
    }
  }

  /** Takes one step of {@link updateStore}. @returns false when there was nothing to do @throws SessionLostError */
  private async takeStep(row: SessionRecord): Promise<boolean> {
    const { dataSource, redis, keyPrefix } = this.servers;
    const removed = await repository.withSessionLock(dataSource, row, async (membership, manager) => {
      if (!membership) throw new store.SessionLostError(row.id); // the session no longer exists
      const left = await store.updateSymbols(redis, layoutOf({ ...row, membership }, keyPrefix));
      await repository.forgetQuarantined(manager, row.incarnation, left?.symbols ?? []);
      return left;
    });
    await removed?.finish(); // after the commit, so that a crash before it leaves the step to a later call
    return removed !== undefined;
  }

  /**
   * Brings the store in line with the row if an earlier change did not reach it, was not finished, or was lost again because the session
   * Redis was set back. PostgreSQL stores each change first. So when the store has a later change than the row, PostgreSQL lost commits,
   * and the row takes the change from the store. @returns whether the row or the store was changed
   */
  async repair(row: SessionRecord): Promise<boolean> {
    if (!row.membership && !isActive(row)) return false;
    const { redis, keyPrefix, sessions } = this.servers;
    const inRow = row.membership ?? UNCHANGED;
    try {
      const { membership: stored, leaving } = await store.readSymbols(redis, layoutOf(row, keyPrefix));
      if (stored.version > inRow.version)
        return (await sessions.changeSymbols(row, repository.SESSION_STATES, inRow, stored)) !== undefined;
      const isBehind = stored.version < inRow.version || leaving !== '';
      return isBehind && (await this.updateStore(row));
    } catch (error) {
      // The store of a lost session may be broken. Its next start removes what is left of it.
      const isLostStore = row.state === 'lost' && !store.isOutage(error);
      if (!isLostStore && !(error instanceof store.SessionLostError)) throw error;
      return false;
    }
  }

  /** @throws SymbolCountError when a session with these symbols is too large */
  private checkSize({ id, spec, days }: store.SessionLayout, membership: Membership): void {
    const symbolCount = currentSymbols(spec.symbols, membership).length;
    if (symbolCount * days.length <= this.maxSymbolDays) return;
    const expected = `at most ${this.maxSymbolDays} symbols × trading days (BARKEEP_MAX_SYMBOL_DAYS)`;
    throw new SymbolCountError(id, expected, `${symbolCount} symbols × ${days.length} trading days`);
  }

  /**
   * Applies a change to the symbols of a session, and retries after concurrent changes.
   * @param from the states in which the change is allowed
   * @param decide returns the changed membership, or the given one when there is nothing to change
   */
  private async change(
    id: string,
    from: readonly repository.SessionState[],
    decide: (session: { membership: Membership; layout: store.SessionLayout }) => Membership,
  ): Promise<SessionRecord> {
    for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
      const row = await this.servers.sessions.get(id);
      if (row.spec.source.type === 'feed') throw new store.FedSymbolsError(id);
      const membership = row.membership ?? UNCHANGED;
      const decided = decide({ membership, layout: layoutOf(row, this.servers.keyPrefix) });
      if (decided === membership) return row;
      if (!from.includes(row.state)) throw new repository.SessionStateError(id, from, row.state);
      const changedRow = await this.servers.sessions.changeSymbols(row, from, membership, decided);
      if (changedRow) return changedRow;
    }
    throw new repository.SymbolConflictError(id);
  }
}

/**
 * The result of an update of the store by a call that has changed the row already, and so must not fail any more.
 * @param later the result when the stream or the reconciler makes the update later, because a server is away; or the next start of the
 *   session, because the store is broken
 */
async function orLater<T>(update: Promise<T>, later: T): Promise<T> {
  return update.catch((error: unknown) => {
    if (store.isOutage(error) || store.isBrokenStore(error)) return later;
    throw error;
  });
}

/** The symbols and partitions with which a session was created. */
const membersOf = ({ spec, basePartitions }: store.SessionLayout) => ({ symbols: spec.symbols, basePartitions });
