/** Errors of calls on sessions, one class per cause. */
import type { SessionState } from './session-row.js';

export class UnknownSessionError extends Error {
  override readonly name = 'UnknownSessionError';
  constructor(readonly sessionId: string) {
    super(`expected the id of a session, was ${JSON.stringify(sessionId)}, which does not exist`);
  }
}

/** Thrown when the id or the idempotency key belongs to a session with another spec. */
export class SpecConflictError extends Error {
  override readonly name = 'SpecConflictError';
  constructor(
    readonly sessionId: string,
    readonly field: 'id' | 'idempotencyKey',
  ) {
    super(`expected the spec of session ${sessionId}, which has this ${field}, was another spec`);
  }
}

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

export class CursorError extends Error {
  override readonly name = 'CursorError';
  constructor(readonly cursor: string) {
    super(`expected a cursor from an earlier page, was ${JSON.stringify(cursor)}`);
  }
}
