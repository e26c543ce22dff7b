/** What can go wrong between a program and a session's store: one class a cause. */

/** The writer is no longer the one who streams the session: it must stop at once (I3). */
export class FencedError extends Error {
  override readonly name = 'FencedError';
  constructor(
    readonly sessionId: string,
    readonly epoch: number,
    readonly owner: string,
  ) {
    super(`session ${sessionId}: epoch ${epoch} of ${owner} is no longer current`);
  }
}

/** The store of a session is gone, or belongs to another session of the same id. */
export class SessionLostError extends Error {
  override readonly name = 'SessionLostError';
  constructor(readonly sessionId: string) {
    super(`session ${sessionId}: its store is gone or is that of another session of the same id`);
  }
}

/** The store holds less than was written: the stream must go on from `frontier`. */
export class RewindError extends Error {
  override readonly name = 'RewindError';
  constructor(
    readonly sessionId: string,
    readonly frontier: number,
  ) {
    super(`session ${sessionId}: the store's frontier is back at ${new Date(frontier).toISOString()}`);
  }
}

/**
 * This process does not know the calendar of the session: it has the files of another `BARKEEP_CALENDARS_DIR`, or none.
 * Without its hours the bars cannot be told in time; a program makes it known with `useCalendars` of `@barkeep/bars`.
 */
export class SessionCalendarError extends Error {
  override readonly name = 'SessionCalendarError';
  constructor(
    readonly sessionId: string,
    readonly calendarId: string,
    readonly knownIds: readonly string[],
  ) {
    super(
      `session ${sessionId}: expected its calendar to be one of ${knownIds.join(', ')}, was ${JSON.stringify(calendarId)}`,
    );
  }
}

/** The session does not have this symbol, or is still bringing it up to its clock. */
export class UnknownSymbolError extends Error {
  override readonly name = 'UnknownSymbolError';
  constructor(
    readonly sessionId: string,
    readonly symbol: string,
    readonly isJoining = false,
  ) {
    const detail = isJoining ? ', which is joining: it can be read once it is whole up to the clock' : '';
    super(`symbol: expected one of session ${sessionId}, was "${symbol}"${detail}`);
  }
}

/** While a session was read, symbols came to it or left it: what was read may be of the old list. */
export class SymbolsChangedError extends Error {
  override readonly name = 'SymbolsChangedError';
  constructor(readonly sessionId: string) {
    super(`session ${sessionId}: its symbols changed`);
  }
}

/** The session does not store this interval. */
export class UnknownIntervalError extends Error {
  override readonly name = 'UnknownIntervalError';
  constructor(
    readonly sessionId: string,
    readonly interval: string,
    readonly known: readonly string[],
  ) {
    super(`interval: expected one of ${known.join(', ')}, was "${interval}"`);
  }
}
