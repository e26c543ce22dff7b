/** What following can refuse: one class a cause. */

/** The session's clock does not wait for consumers: its pace is another. */
export class NotLockstepError extends Error {
  override readonly name = 'NotLockstepError';
  constructor(
    /** The session. */
    readonly sessionId: string,
    /** Its pace. */
    readonly pace: string,
  ) {
    super(`session ${sessionId}: expected a pace of lockstep, was ${pace}`);
  }
}
