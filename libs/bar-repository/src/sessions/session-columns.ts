/** The columns of a session with the field names of `SessionRow`, for SELECT and RETURNING. */
export const SESSION_COLUMNS = `
  id, incarnation, spec, history_days AS "historyDays", days, membership, state, epoch, starts AS run, owner, checkpoint, error,
  idempotency_key AS "idempotencyKey",
  created_at AS "createdAt", updated_at AS "updatedAt", completed_at AS "completedAt"`;
