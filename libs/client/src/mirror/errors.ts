/** Errors of a mirror: one class per cause. */

/** The session was stopped, failed or deleted, or completed before the awaited time. */
export class SessionEndedError extends Error {
  override readonly name = 'SessionEndedError';
  constructor(
    /** The session. */
    readonly sessionId: string,
    /** `stopped`, `failed`, `lost`, `deleted` or `completed`. */
    readonly state: string,
    /** The error that the session reported, if any. */
    readonly reason: string | undefined,
    /** Simulated time at which it ended, epoch ms; undefined when it had not begun or the time is unknown. */
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

/** Whether the session is in a final state: only a call of the API can change it. */
export function hasEnded<S extends { state: string }>(reported: S | undefined): reported is S {
  return reported !== undefined && ENDED.has(reported.state);
}
