/** What can go wrong while a session is followed: one class a cause. */
import type { SaidState } from './event-tail.js';

/** The session was stopped, failed or deleted, or completed without ever coming to the time that was waited for. */
export class SessionEndedError extends Error {
  override readonly name = 'SessionEndedError';
  constructor(
    /** The session. */
    readonly sessionId: string,
    /** `stopped`, `failed`, `lost`, `deleted` or `completed`. */
    readonly state: string,
    /** Why, where the session says so. */
    readonly reason: string | undefined,
    /** Simulated time at which it ended, epoch ms; undefined when it had not begun, or nobody knows. */
    readonly clock: number | undefined,
  ) {
    const at = clock === undefined ? '' : ` at ${new Date(clock).toISOString()}`;
    super(`session ${sessionId}: ${state}${at}${reason ? `: ${reason}` : ''}`);
  }
}

/** The mirror was closed by this program. */
export class MirrorClosedError extends Error {
  override readonly name = 'MirrorClosedError';
  constructor(
    /** The session. */
    readonly sessionId: string,
  ) {
    super(`session ${sessionId}: its mirror was closed`);
  }
}

const ENDED: ReadonlySet<string> = new Set(['completed', 'stopped', 'failed', 'lost', 'deleted']);

/** Whether a session does not go on by itself any more. */
export function hasEnded(said: SaidState | undefined): said is SaidState {
  return said !== undefined && ENDED.has(said.state);
}
