/** Creates the row of a session. Safe to repeat and to call concurrently: unique keys of the database decide which call is first. */
import type { EntityManager } from 'typeorm';
import { inTransaction } from './session-lock.js';
import {
  belongsTo,
  DeploymentConflictError,
  SpecConflictError,
  SESSION_COLUMNS,
  SESSION_FORMAT,
  type SessionRow,
} from './session-row.js';

/** What a session is created from. */
export interface NewSession<Spec> {
  id: string;
  spec: Spec;
  /** @default 0 */
  historyDays?: number;
  /** The session's trading days, as `encodeDays` writes them. They do not decide whether two specs are the same. @default null */
  days?: string | null;
  idempotencyKey?: string | null;
  /** Whether the session is `running` at once. @default false: it is `created` */
  start?: boolean;
}

/** The session that has the id, and whether this call created it. */
export interface CreatedSession<Spec> {
  row: SessionRow<Spec>;
  /** False when a session with the same spec existed. */
  created: boolean;
}

/** A session that has the id or the idempotency key of a new one. */
type Holder<Spec> = SessionRow<Spec> & { sameSpec: boolean; deployment: string | null; isOurs: boolean };

const INSERT = `
  INSERT INTO sessions (id, spec, idempotency_key, history_days, deployment, days, state, starts, format)
  VALUES ($1, $2::jsonb, $3, $4, $5, $6, $7, $8, ${SESSION_FORMAT})
  ON CONFLICT DO NOTHING RETURNING ${SESSION_COLUMNS}`;

/** The row with this id sorts first. A row that matches only by its key may have another id than the one generated for this call. */
const SELECT_HOLDER = `
  SELECT ${SESSION_COLUMNS}, deployment, ${belongsTo('$4')} AS "isOurs",
    CASE WHEN id = $1 THEN spec = $2::jsonb ELSE spec - 'id' = $2::jsonb - 'id' END AS "sameSpec"
  FROM sessions WHERE id = $1 OR idempotency_key = $3 ORDER BY id = $1 DESC`;

/** A conflicting row may be deleted before we read it. After this many attempts the call reports a conflict. */
const ATTEMPTS_MAX = 5;

/** See `SessionRepository.create`. @param deployment owns the session; null: none @throws SpecConflictError, DeploymentConflictError */
export async function createSession<Spec>(
  dataSource: Pick<EntityManager, 'query' | 'transaction'>,
  deployment: string | null,
  session: NewSession<Spec>,
): Promise<CreatedSession<Spec>> {
  const identity = [session.id, JSON.stringify(session.spec), session.idempotencyKey ?? null];
  const stateAndStarts = session.start ? ['running', 1] : ['created', 0];
  const otherColumns = [session.historyDays ?? 0, deployment, session.days ?? null, ...stateAndStarts];
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const [inserted] = await inTransaction(dataSource, (manager) =>
      manager.query<SessionRow<Spec>[]>(INSERT, [...identity, ...otherColumns]),
    );
    if (inserted) return { row: inserted, created: true };
    const [holder, second] = await dataSource.query<Holder<Spec>[]>(SELECT_HOLDER, [...identity, deployment]);
    if (!holder) continue; // deleted since the insert
    // Two rows: one session has the id, another has the key.
    if (second) throw new SpecConflictError(second.id, 'idempotencyKey');
    const { sameSpec, deployment: holderDeployment, isOurs, ...row } = holder;
    const field = row.id === session.id ? 'id' : 'idempotencyKey';
    if (!isOurs) throw new DeploymentConflictError(row.id, field, holderDeployment);
    if (!sameSpec) throw new SpecConflictError(row.id, field);
    return { row, created: false };
  }
  throw new SpecConflictError(session.id, 'id');
}
