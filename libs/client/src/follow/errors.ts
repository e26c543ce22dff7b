/** Why a session cannot be followed, or no further. */

/** The session's clock does not wait for consumers: its pace is not lockstep. */
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

/** The session cannot be followed at this interval. */
export class StepIntervalError extends Error {
  override readonly name = 'StepIntervalError';
  constructor(
    /** The given value. */
    readonly every: string,
    /** The session's base interval. */
    readonly base: string,
  ) {
    super(`every: expected ${base}, a whole multiple of it, or day, was ${JSON.stringify(every)}`);
  }
}

/**
 * The session no longer has the bars of the next step: the consumer was so far behind that its days were removed
 * (`history.retainDays` of the spec). `from: 'beginning'` continues at the first retained day.
 */
export class DaysRemovedError extends Error {
  override readonly name = 'DaysRemovedError';
  constructor(
    /** The session. */
    readonly sessionId: string,
    /** Time of the last delivered step, epoch ms. */
    readonly position: number,
    /** Open of the first retained day, epoch ms. */
    readonly keptFrom: number,
  ) {
    const [at, from] = [position, keptFrom].map((time) => new Date(time).toISOString());
    super(
      `session ${sessionId}: expected a position at or after ${from}, was ${at}: from: 'beginning' continues at the first retained day`,
    );
  }
}
