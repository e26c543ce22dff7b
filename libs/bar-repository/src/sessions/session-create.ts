/** Creating a session, safe to repeat and under concurrency: Postgres' unique keys decide who was first. */
import type { DataSource } from 'typeorm';
import { SessionConflictError } from './session-errors.js';
import type { SessionRow } from './session-state.js';
import { SESSION_COLUMNS } from './session-columns.js';

export interface NewSession<Spec> {
  id: string;
  spec: Spec;
  /** @default 0 */
  historyDays?: number;
  idempotencyKey?: string | null;
  /** Whose it is. @default null: everybody's */
  deployment?: string | null;
}

export interface CreatedSession<Spec> {
  row: SessionRow<Spec>;
  /** False when the session was there already, with the same spec. */
  created: boolean;
}

type Found<Spec> = SessionRow<Spec> & { sameSpec: boolean };

const INSERT = `
  INSERT INTO sessions (id, spec, idempotency_key, history_days, deployment) VALUES ($1, $2::jsonb, $3, $4, $5)
  ON CONFLICT DO NOTHING RETURNING ${SESSION_COLUMNS}`;

/**
 * Whoever has the id comes first. A row that has only the idempotency key may carry another id than the one that was made up for this
 * repeat, so the id within the spec does not count there.
 */
const SELECT_HOLDER = `
  SELECT ${SESSION_COLUMNS},
    CASE WHEN id = $1 THEN spec = $2::jsonb ELSE spec - 'id' = $2::jsonb - 'id' END AS "sameSpec"
  FROM sessions WHERE id = $1 OR idempotency_key = $3 ORDER BY id = $1 DESC`;

/** A row that was in the way may be gone when we look for it; more often than this it is not chance. */
const ATTEMPTS = 5;

/** See `SessionRepository.create`. */
export async function createSession<Spec>(
  dataSource: DataSource,
  session: NewSession<Spec>,
): Promise<CreatedSession<Spec>> {
  const parameters = [session.id, JSON.stringify(session.spec), session.idempotencyKey ?? null];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const further = [session.historyDays ?? 0, session.deployment ?? null];
    const [inserted] = await dataSource.query<SessionRow<Spec>[]>(INSERT, [...parameters, ...further]);
    if (inserted) return { row: inserted, created: true };
    const [holder, second] = await dataSource.query<Found<Spec>[]>(SELECT_HOLDER, parameters);
    if (!holder) continue;
    // Two holders: the id is one session's and the key another's.
    if (second) throw new SessionConflictError(second.id, 'idempotencyKey');
    const { sameSpec, ...row } = holder;
    if (!sameSpec) throw new SessionConflictError(row.id, row.id === session.id ? 'id' : 'idempotencyKey');
    return { row, created: false };
  }
  throw new SessionConflictError(session.id, 'id');
}
