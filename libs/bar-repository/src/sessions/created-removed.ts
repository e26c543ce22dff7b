/** Creates the row of a session, and remembers which sessions were removed. */
import type { DataSource, EntityManager } from 'typeorm';
import { SpecConflictError, SESSION_COLUMNS, SESSION_FORMAT, type SessionRow } from './session-row.js';

export interface NewSession<Spec> {
  id: string;
  spec: Spec;
  /** @default 0 */
  historyDays?: number;
  /** The session's trading days, as `encodeDays` writes them. They do not decide whether two specs are the same. @default null */
  days?: string | null;
  idempotencyKey?: string | null;
}

export interface CreatedSession<Spec> {
  row: SessionRow<Spec>;
  /** False when a session with the same spec existed. */
  created: boolean;
}

type Found<Spec> = SessionRow<Spec> & { sameSpec: boolean };

const INSERT = `
  INSERT INTO sessions (id, spec, idempotency_key, history_days, deployment, days, format)
  VALUES ($1, $2::jsonb, $3, $4, $5, $6, ${SESSION_FORMAT})
  ON CONFLICT DO NOTHING RETURNING ${SESSION_COLUMNS}`;

/**
 * The row with this id sorts first. A row that matches by idempotency key only may have another id than the one generated for this
 * call, so the comparison of specs ignores their ids.
 */
const SELECT_HOLDER = `
  SELECT ${SESSION_COLUMNS},
    CASE WHEN id = $1 THEN spec = $2::jsonb ELSE spec - 'id' = $2::jsonb - 'id' END AS "sameSpec"
  FROM sessions WHERE id = $1 OR idempotency_key = $3 ORDER BY id = $1 DESC`;

/** A conflicting row may be deleted before we read it. After this many attempts the call reports a conflict. */
const ATTEMPTS = 5;

/** See `SessionRepository.create`. Unique keys decide which call is first. @param deployment that owns the session; null: any */
export async function createSession<Spec>(
  dataSource: DataSource,
  deployment: string | null,
  session: NewSession<Spec>,
): Promise<CreatedSession<Spec>> {
  const parameters = [session.id, JSON.stringify(session.spec), session.idempotencyKey ?? null];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const further = [session.historyDays ?? 0, deployment, session.days ?? null];
    const [inserted] = await dataSource.query<SessionRow<Spec>[]>(INSERT, [...parameters, ...further]);
    if (inserted) return { row: inserted, created: true };
    const [holder, second] = await dataSource.query<Found<Spec>[]>(SELECT_HOLDER, parameters);
    if (!holder) continue;
    // Two rows: one session has the id, another has the key.
    if (second) throw new SpecConflictError(second.id, 'idempotencyKey');
    const { sameSpec, ...row } = holder;
    if (!sameSpec) throw new SpecConflictError(row.id, row.id === session.id ? 'id' : 'idempotencyKey');
    return { row, created: false };
  }
  throw new SpecConflictError(session.id, 'id');
}

const KEPT_DAYS = 31;

/** The sessions that were removed under one id. */
export interface RemovedUnderId {
  incarnations: string[];
  /** True when another session has the id now. */
  isTaken: boolean;
}

export async function noteRemoved(manager: EntityManager, id: string, incarnations: readonly string[]): Promise<void> {
  await manager.query(
    'INSERT INTO removed_sessions (incarnation, id) SELECT incarnation, $1 FROM unnest($2::uuid[]) AS incarnation ON CONFLICT DO NOTHING',
    [id, incarnations],
  );
}

/** Those of `ids` under which sessions were removed in the last month. */
export async function removedAmong(
  dataSource: DataSource,
  ids: readonly string[],
): Promise<Map<string, RemovedUnderId>> {
  const rows = await dataSource.query<(RemovedUnderId & { id: string })[]>(
    `SELECT id, array_agg(incarnation::text) AS incarnations, EXISTS (SELECT FROM sessions WHERE sessions.id = removed.id) AS "isTaken"
     FROM removed_sessions removed WHERE id = ANY($1) GROUP BY id`,
    [ids],
  );
  return new Map(rows.map(({ id, incarnations, isTaken }) => [id, { incarnations, isTaken }]));
}

/** Whether any removed session is remembered. Forgets those of more than a month ago. */
export async function hasRemoved(dataSource: DataSource): Promise<boolean> {
  await dataSource.query(`DELETE FROM removed_sessions WHERE removed_at < now() - interval '${KEPT_DAYS} days'`);
  const [row] = await dataSource.query<{ found: boolean }[]>('SELECT EXISTS (SELECT FROM removed_sessions) AS found');
  return row?.found === true;
}
