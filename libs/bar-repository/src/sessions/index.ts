/** The rows of sessions: states, epochs, checkpoints, certificates. */
export { hasRemoved, removedAmong } from './removed-sessions.js';
export { SessionCertificates } from './session-certificates.js';
export {
  CursorError,
  DeploymentConflictError,
  SpecConflictError,
  UnknownSessionError,
  SymbolConflictError,
  SessionStateError,
  ACTIVE_STATES,
  SESSION_STATES,
  type SessionRow,
  type SessionState,
} from './session-row.js';
export { forgetQuarantined, withSessionLock } from './session-lock.js';
export { SessionRepository } from './session-repository.js';
