/**
 * Sessions in PostgreSQL: spec, state, owner and checkpoint of each. Every change is one statement that checks its conditions, so any
 * number of coordinators may call at the same time. A write of an owner with an earlier epoch changes nothing.
 */
import type { Membership } from '@barkeep/bars';
import type { EntityManager } from 'typeorm';
import { bind, type Values } from './named-values.js';
import { noteRemoved } from './removed-sessions.js';
import { createSession, type CreatedSession, type NewSession } from './session-create.js';
import { inTransaction } from './session-lock.js';
import {
  decodePageCursor,
  encodePageCursor,
  UnknownSessionError,
  SessionStateError,
  ACTIVE_STATES,
  ENDED_STATES,
  EXPIRED,
  belongsTo,
  ownedBy,
  SESSION_COLUMNS,
  SESSION_FORMAT,
} from './session-row.js';
import type { SessionCheckpoint, SessionPage, SessionRow, SessionState } from './session-row.js';

/** Identifies one session. A session that is created again under the same id has another incarnation, and its epochs start at 0. */
export interface SessionKey {
  id: string;
  incarnation: string;
}

interface ListOptions {
  /** @default all states */
  state?: SessionState;
  /** At least 1. */
  limit: number;
  /** That of the previous page. @default the first page */
  cursor?: string;
}

/** What a transition changes besides the state, and how long it may wait. */
export interface TransitionPatch {
  /** Undefined keeps the stored error. */
  error?: string | null;
  /** Adds one to the number of starts. @default false */
  incrementRun?: boolean;
  /** Clears the checkpoint, because the store that it describes no longer exists. @default false */
  forgetCheckpoint?: boolean;
  /** Longest wait for another change of the session, ms. @default that of the connection */
  lockLimitMs?: number;
}

/** SQL expression: the version of a session's symbols; 0 before their first change. */
const SYMBOLS_VERSION = `coalesce((membership->>'version')::int, 0)`;

/** SQL condition: true for a session that this deployment may work on. */
const OWNED = ownedBy(':deployment');
/** SQL condition: true for a session that callers of this deployment may see, of any format. */
const VISIBLE = belongsTo(':deployment');

/** The sessions of a deployment. To its callers those of other deployments do not exist, except that their ids are taken. */
export class SessionRepository<Spec = unknown> {
  /**
   * @param deployment owns new sessions. Only its sessions and those of no deployment are found: several deployments may share a database.
   * Null: new sessions belong to none, and all sessions are found.
   */
  constructor(
    private readonly dataSource: Pick<EntityManager, 'query' | 'transaction'>,
    private readonly deployment: string | null = null,
  ) {}

  /** The same sessions, read and changed by the connection of a transaction. */
  within(manager: EntityManager): SessionRepository<Spec> {
    return new SessionRepository(manager, this.deployment);
  }

  /**
   * Creates a session in state `created`, or `running` with `start`. A repeated or concurrent call with an equal spec and the same id or
   * idempotency key returns the existing session. @throws SpecConflictError when the spec differs, DeploymentConflictError
   */
  create(session: NewSession<Spec>): Promise<CreatedSession<Spec>> {
    return createSession(this.dataSource, this.deployment, session);
  }

  /** The session with this id; undefined when there is none. */
  async find(id: string): Promise<SessionRow<Spec> | undefined> {
    return (await this.select(`WHERE id = :id AND ${VISIBLE}`, { id, deployment: this.deployment }))[0];
  }

  /** The row that a session has now; undefined when the session was deleted, even if a later session has its id. */
  async reread({ id, incarnation }: SessionKey): Promise<SessionRow<Spec> | undefined> {
    const row = await this.find(id);
    return row?.incarnation === incarnation ? row : undefined;
  }

  /** The session that was created with an idempotency key; undefined when there is none. */
  async findByKey(idempotencyKey: string): Promise<SessionRow<Spec> | undefined> {
    const values = { idempotencyKey, deployment: this.deployment };
    return (await this.select(`WHERE idempotency_key = :idempotencyKey AND ${VISIBLE}`, values))[0];
  }

  /** The state that a session has now; undefined when it was deleted. */
  async stateOf({ id, incarnation }: SessionKey): Promise<SessionState | undefined> {
    const [row] = await this.dataSource.query<{ state: SessionState }[]>(
      'SELECT state FROM sessions WHERE id = $1 AND incarnation = $2',
      [id, incarnation],
    );
    return row?.state;
  }

  /** The session with this id. @throws UnknownSessionError */
  async get(id: string): Promise<SessionRow<Spec>> {
    const row = await this.find(id);
    if (!row) throw new UnknownSessionError(id);
    return row;
  }

  /**
   * Whether another session, created in the last minute and in state `created` or `running`, has the same source, symbols and overlapping
   * dates. Both are then probably streamed at the same time.
   */
  async hasSimilarSession({ id }: SessionKey): Promise<boolean> {
    const [row] = await this.dataSource.query<{ found: boolean }[]>(
      `SELECT EXISTS (
         SELECT FROM sessions own JOIN sessions other ON other.id <> own.id
         WHERE own.id = $1 AND other.created_at > now() - interval '1 minute'
           AND other.state IN ('created', 'running')
           AND other.spec->>'start' <= own.spec->>'end' AND other.spec->>'end' >= own.spec->>'start'
           AND other.spec->'source' = own.spec->'source' AND other.spec->'symbols' = own.spec->'symbols'
       ) AS found`,
      [id],
    );
    return row?.found === true;
  }

  /** A page of at most `limit`, newest first. @throws CursorError */
  async list({ state, limit, cursor }: ListOptions): Promise<SessionPage<Spec>> {
    const previousEnd = cursor === undefined ? undefined : decodePageCursor(cursor);
    const rows = await this.select(
      `WHERE (:state::text IS NULL OR state = :state)
         AND (:createdAt::timestamptz IS NULL OR (created_at, id) < (:createdAt, :id))
         AND ${OWNED} ORDER BY created_at DESC, id DESC LIMIT :rows`,
      // One row more than the page shows whether there is another page.
      { state, createdAt: previousEnd?.createdAt, id: previousEnd?.id, rows: limit + 1, deployment: this.deployment },
    );
    const hasNextPage = rows.length > limit;
    return { rows: rows.slice(0, limit), cursor: hasNextPage ? encodePageCursor(rows[limit - 1]!) : undefined };
  }

  /** How many sessions each state has; states without sessions are left out. */
  async countByState(): Promise<Map<SessionState, number>> {
    const rows = await this.dataSource.query<{ state: SessionState; count: string }[]>(
      `SELECT state, count(*) AS count FROM sessions WHERE ${ownedBy('$1')} GROUP BY state`,
      [this.deployment],
    );
    return new Map(rows.map(({ state, count }) => [state, Number(count)]));
  }

  /** Makes `owner` the session's owner. @returns the new epoch, or undefined when the session is not active or has another format */
  async claim(key: SessionKey, owner: string): Promise<number | undefined> {
    const condition = 'state = ANY(:active) AND format = :format';
    const values = { owner, active: ACTIVE_STATES, format: SESSION_FORMAT };
    return (await this.updateOf(key, 'epoch = epoch + 1, owner = :owner', condition, values))?.epoch;
  }

  /**
   * Moves a session from a state in `from` to `to`, regardless of its owner. @returns its new row @throws SessionStateError,
   * UnknownSessionError
   */
  async transition(
    { id, incarnation }: SessionKey,
    from: readonly SessionState[],
    to: SessionState,
    { error, incrementRun = false, forgetCheckpoint = false, lockLimitMs }: TransitionPatch = {},
  ): Promise<SessionRow<Spec>> {
    const values = { id, incarnation, from, to, ended: ENDED_STATES, error, deployment: this.deployment };
    const patch = { keepsError: error === undefined, newStarts: incrementRun ? 1 : 0, forgetCheckpoint };
    const clause = `SET state = :to, error = CASE WHEN :keepsError THEN error ELSE :error END, starts = starts + :newStarts, updated_at = now(),
         completed_at = CASE WHEN :to = ANY(:ended) THEN now() END,
         checkpoint = CASE WHEN :forgetCheckpoint THEN NULL ELSE checkpoint END
       WHERE id = :id AND incarnation = :incarnation AND state = ANY(:from) AND ${VISIBLE}`;
    const update = (manager: EntityManager) => this.within(manager).update(clause, { ...values, ...patch });
    const [row] = await inTransaction(this.dataSource, update, lockLimitMs);
    if (row) return row;
    const current = await this.reread({ id, incarnation });
    throw current ? new SessionStateError(id, from, current.state) : new UnknownSessionError(id);
  }

  /** Stores how far the session's store is written. @returns false, and changes nothing, when `epoch` is not current any more */
  async saveCheckpoint(key: SessionKey, epoch: number, { frontier, clock }: SessionCheckpoint): Promise<boolean> {
    const values = { epoch, checkpoint: { frontier, clock } };
    return (await this.updateOf(key, 'checkpoint = :checkpoint', 'epoch = :epoch', values)) !== undefined;
  }

  /** Ends an active session. @returns false when it is not active, or its epoch or the version of its symbols is another one */
  async finish(
    key: SessionKey,
    epoch: number,
    state: (typeof ENDED_STATES)[number],
    error: string | null = null,
    symbolsVersion: number | null = null,
  ): Promise<boolean> {
    const updated = await this.updateOf(
      key,
      'state = :state, error = :error, owner = NULL, completed_at = now()',
      `epoch = :epoch AND state = ANY(:active) AND (:symbolsVersion::int IS NULL OR ${SYMBOLS_VERSION} = :symbolsVersion)`,
      { epoch, state, error, active: ACTIVE_STATES, symbolsVersion },
    );
    return updated !== undefined;
  }

  /** Changes the symbols of a session. @returns undefined when it has other symbols than `before`, or is in no state of `from` */
  changeSymbols(
    key: SessionKey,
    from: readonly SessionState[],
    before: Membership,
    after: Membership,
  ): Promise<SessionRow<Spec> | undefined> {
    const condition = `state = ANY(:from) AND ${SYMBOLS_VERSION} = :version`;
    const values = { from, version: before.version, after };
    return inTransaction(this.dataSource, (manager) =>
      this.within(manager).updateOf(key, 'membership = :after', condition, values),
    );
  }

  /** Raises the epoch of a session to that of its store, after PostgreSQL has lost its newest commits. A higher epoch stays. */
  async raiseEpoch({ id, incarnation }: SessionKey, epoch: number): Promise<void> {
    const clause = 'SET epoch = :epoch WHERE id = :id AND incarnation = :incarnation AND epoch < :epoch';
    await this.update(clause, { id, incarnation, epoch });
  }

  /** Moves between `running` and `waiting-upkeep`. @returns false when `epoch` is not current or the session is in another state */
  async setStateIfEpoch(key: SessionKey, epoch: number, state: (typeof ACTIVE_STATES)[number]): Promise<boolean> {
    const condition = 'epoch = :epoch AND state = ANY(:active)';
    const values = { epoch, state, active: ACTIVE_STATES };
    return (await this.updateOf(key, 'state = :state', condition, values)) !== undefined;
  }

  /** Deletes the row and the bars that the session quarantined. @returns the deleted row, or undefined when there was no such session */
  async remove({ id, incarnation }: SessionKey): Promise<SessionRow<Spec> | undefined> {
    return this.dataSource.transaction(async (manager) => {
      const [rows] = await manager.query<[SessionRow<Spec>[], number]>(
        `DELETE FROM sessions WHERE id = $1 AND incarnation = $2 RETURNING ${SESSION_COLUMNS}`,
        [id, incarnation],
      );
      if (rows.length === 0) return undefined;
      await manager.query('DELETE FROM quarantined_bars WHERE incarnation = $1', [incarnation]);
      await noteRemoved(manager, id, incarnation);
      return rows[0];
    });
  }

  /** All active sessions, oldest first. */
  unfinished(): Promise<SessionRow<Spec>[]> {
    const values = { active: ACTIVE_STATES, deployment: this.deployment };
    return this.select(`WHERE state = ANY(:active) AND ${OWNED} ORDER BY created_at, id`, values);
  }

  /** Sessions that ended more than their spec's `retentionHours` ago. A session with 0, or without the field, never expires. */
  expired(): Promise<SessionRow<Spec>[]> {
    const values = { ended: ENDED_STATES, deployment: this.deployment };
    return this.select(`WHERE ${EXPIRED} AND ${OWNED} ORDER BY completed_at, id`, values);
  }

  /** Whether a session is still one of {@link expired}; if so, no other connection can change its row until the transaction ends. */
  async lockExpired({ id, incarnation }: SessionKey): Promise<boolean> {
    const clause = `WHERE id = :id AND incarnation = :incarnation AND ${EXPIRED} FOR UPDATE`;
    return (await this.select(clause, { id, incarnation, ended: ENDED_STATES })).length > 0;
  }

  private select(clause: string, values: Values): Promise<SessionRow<Spec>[]> {
    return this.dataSource.query<SessionRow<Spec>[]>(
      ...bind(`SELECT ${SESSION_COLUMNS} FROM sessions ${clause}`, values),
    );
  }

  /** Updates one session when the condition holds. @returns its new row, or undefined */
  private async updateOf({ id, incarnation }: SessionKey, set: string, condition: string, values: Values) {
    const clause = `SET ${set}, updated_at = now() WHERE id = :id AND incarnation = :incarnation AND ${condition}`;
    const [row] = await this.update(clause, { id, incarnation, ...values });
    return row;
  }

  /** Updates sessions. @returns their new rows */
  private async update(clause: string, values: Values): Promise<SessionRow<Spec>[]> {
    const statement = bind(`UPDATE sessions ${clause} RETURNING ${SESSION_COLUMNS}`, values);
    const [rows] = await this.dataSource.query<[SessionRow<Spec>[], number]>(...statement);
    return rows;
  }
}
