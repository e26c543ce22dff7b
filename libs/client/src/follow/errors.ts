/** What following can refuse: one class a cause. */

/**
 * The next step's bars are not in the session any more: it was followed so slowly, or goes on from so far back, that the
 * days were removed (`history.retainDays` of its spec). `from: 'beginning'` goes on at the first day that is kept.
 */
export class DaysRemovedError extends Error {
  override readonly name = 'DaysRemovedError';
  constructor(
    /** The session. */
    readonly sessionId: string,
    /** Where the step before the next one is, epoch ms. */
    readonly position: number,
    /** Where the first day that is kept begins, epoch ms. */
    readonly keptFrom: number,
  ) {
    const [at, from] = [position, keptFrom].map((time) => new Date(time).toISOString());
    super(`session ${sessionId}: expected a position from ${from} on, was ${at}: go on there with from: 'beginning'`);
  }
}

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
