/** A session's row: its fields and columns, its states, the condition for sessions that a process may work on, errors and page cursors. */
import type { Membership, SessionState } from '@barkeep/bars';

export { SESSION_STATES, type SessionState } from '@barkeep/bars';

/** States in which a coordinator should stream the session. The reconciler watches these, and only these can be claimed. */
export const ACTIVE_STATES = ['running', 'waiting-upkeep'] as const satisfies readonly SessionState[];

/** States in which a session does not change any more. A row in one of them has a `completedAt`. */
export const ENDED_STATES = ['completed', 'stopped', 'failed', 'lost'] as const satisfies readonly SessionState[];

/** How far a session's store is written: its frontier and its clock, epoch ms. */
export interface SessionCheckpoint {
  frontier: number;
  clock: number;
}

/** The row of a session. `SessionRepository` reads only `retentionHours`, and what `hasSimilarSession` compares, from the spec. */
export interface SessionRow<Spec = unknown> {
  id: string;
  /** Unique for each session, even when an id is used again. */
  incarnation: string;
  spec: Spec;
  /** Number of history days. Computed when the session is created, so later data does not change it. */
  historyDays: number;
  /** The trading days that the session was created with (`encodeDays`), history first; null: those that its calendar has now. */
  days: string | null;
  /** Changes of the session's symbols since it was created; null when there are none. */
  membership: Membership | null;
  state: SessionState;
  /** Rises with each new owner, so that the store can refuse the writes of earlier ones. */
  epoch: number;
  /** Number of starts. */
  run: number;
  owner: string | null;
  checkpoint: SessionCheckpoint | null;
  error: string | null;
  idempotencyKey: string | null;
  createdAt: Date;
  updatedAt: Date;
  /** When the session reached an ended state; null before. */
  completedAt: Date | null;
}

/** The columns of a session with the field names of `SessionRow`, for SELECT and RETURNING. */
export const SESSION_COLUMNS = `
  id, incarnation, spec, history_days AS "historyDays", days, membership, state, epoch, starts AS run, owner, checkpoint, error,
  idempotency_key AS "idempotencyKey",
  created_at AS "createdAt", updated_at AS "updatedAt", completed_at AS "completedAt"`;

/**
 * Format of what the processes of a deployment share: the store of a session, its row and its jobs. A release that changes one of
 * these raises the number and has a migration that handles earlier sessions. Jobs: `jobPrefix` of `@barkeep/service`.
 */
export const SESSION_FORMAT = 2;

/** SQL condition: the session belongs to the deployment or to none. @param parameter such as `$2`; null: any deployment */
export function belongsTo(parameter: string): string {
  return `(${parameter}::text IS NULL OR deployment IS NULL OR deployment = ${parameter})`;
}

/** SQL condition: as {@link belongsTo}, and only for a session of this format. */
export function ownedBy(parameter: string): string {
  return `(format = ${SESSION_FORMAT} AND ${belongsTo(parameter)})`;
}

/**
 * SQL condition: the session has been in one of the states `:ended` for longer than its `retentionHours`, by the clock of PostgreSQL: that
 * of a process may be wrong.
 */
export const EXPIRED = `state = ANY(:ended) AND jsonb_typeof(spec->'retentionHours') = 'number' AND (spec->>'retentionHours')::float8 > 0
  AND completed_at + (spec->>'retentionHours')::float8 * interval '1 hour' < now()`;

/** Thrown for an id that no session has. */
export class UnknownSessionError extends Error {
  override readonly name = 'UnknownSessionError';
  constructor(readonly sessionId: string) {
    super(`expected the id of a session, was ${JSON.stringify(sessionId)}, which does not exist`);
  }
}

/** Thrown when the id or the idempotency key belongs to a session with another spec. */
export class SpecConflictError extends Error {
  override readonly name = 'SpecConflictError';
  constructor(sessionId: string, field: 'id' | 'idempotencyKey') {
    super(`expected the spec of session ${sessionId}, which has this ${field}, was another spec`);
  }
}

/** Thrown when the id or the idempotency key belongs to a session of another deployment, which this one must not touch. */
export class DeploymentConflictError extends Error {
  override readonly name = 'DeploymentConflictError';
  constructor(sessionId: string, field: 'id' | 'idempotencyKey', deployment: string | null) {
    const holder = `session ${sessionId} of the deployment with BARKEEP_SESSION_PREFIX=${deployment}`;
    super(`expected another ${field}: ${holder} has this one`);
  }
}

/** Thrown when a session is in another state than the call needs. */
export class SessionStateError extends Error {
  override readonly name = 'SessionStateError';
  constructor(
    readonly sessionId: string,
    readonly expected: readonly SessionState[],
    readonly actual: SessionState,
  ) {
    super(`expected session ${sessionId} to be ${expected.join(' or ')}, was ${actual}`);
  }
}

/** Thrown when other callers changed the session's symbols during every attempt. The caller may try again. */
export class SymbolConflictError extends Error {
  override readonly name = 'SymbolConflictError';
  constructor(readonly sessionId: string) {
    super(`session ${sessionId}: expected its symbols to stay the same during the call, were changed by others`);
  }
}

/** Thrown for a text that is not a cursor of {@link encodePageCursor}. */
export class CursorError extends Error {
  override readonly name = 'CursorError';
  constructor(readonly cursor: string) {
    super(`expected a cursor from an earlier page, was ${JSON.stringify(cursor)}`);
  }
}

/** One page of a list. */
export interface SessionPage<Spec> {
  rows: SessionRow<Spec>[];
  /** For the next page; undefined on the last. */
  cursor: string | undefined;
}

/** The end of a page of sessions: creation time and id of its last row. */
type PageEnd = Pick<SessionRow, 'createdAt' | 'id'>;

/** The end of a page as an opaque text. */
export function encodePageCursor({ createdAt, id }: PageEnd): string {
  return Buffer.from(`${createdAt.getTime()} ${id}`).toString('base64url');
}

/** The end of a page that {@link encodePageCursor} wrote: epoch ms, a space and the id. @throws CursorError */
export function decodePageCursor(cursor: string): PageEnd {
  const match = /^(\d{1,15}) ([^\0]+)$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (!match?.[1] || !match[2]) throw new CursorError(cursor);
  return { createdAt: new Date(Number(match[1])), id: match[2] };
}
