/** Errors of programs that use a session's store: one class per cause. */

class SessionError extends Error {
  constructor(
    readonly sessionId: string,
    detail: string,
  ) {
    super(`session ${sessionId}: ${detail}`);
  }
}

/** The writer no longer owns the session: it must stop at once (I3, docs/ARCHITECTURE.md). */
export class FencedError extends SessionError {
  override readonly name = 'FencedError';
  constructor(sessionId: string, epoch: number, owner: string) {
    super(sessionId, `epoch ${epoch} of ${owner} is no longer current`);
  }
}

/** The store of a session is gone, or belongs to another session with the same id. */
export class SessionLostError extends SessionError {
  override readonly name = 'SessionLostError';
  constructor(sessionId: string, detail = 'its store is gone or is that of another session of the same id') {
    super(sessionId, detail);
  }
}

/** The store lost writes: the stream must continue from `frontier`. */
export class RewindError extends SessionError {
  override readonly name = 'RewindError';
  constructor(
    sessionId: string,
    readonly frontier: number,
  ) {
    super(sessionId, `the store lost writes; its frontier is at ${new Date(frontier).toISOString()}`);
  }
}

/** This process lacks the calendar of the session: `BARKEEP_CALENDARS_DIR`, or in a program `useCalendars`, adds calendars. */
export class SessionCalendarError extends SessionError {
  override readonly name = 'SessionCalendarError';
  constructor(
    sessionId: string,
    readonly calendarId: string,
    readonly knownIds: readonly string[],
  ) {
    super(sessionId, `expected its calendar to be one of ${knownIds.join(', ')}, was ${JSON.stringify(calendarId)}`);
  }
}

/** The session does not have this symbol, or the symbol is still joining. */
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

/** Symbols joined or left while the session was read, so the answer may belong to the old list. */
export class SymbolsChangedError extends SessionError {
  override readonly name = 'SymbolsChangedError';
  constructor(sessionId: string) {
    super(sessionId, 'its symbols changed');
  }
}

/** The session does not store this interval. */
export class UnknownIntervalError extends Error {
  override readonly name = 'UnknownIntervalError';
  /** What was expected, in words. */
  readonly expected: string;
  constructor(
    readonly sessionId: string,
    readonly interval: string,
    readonly known: readonly string[],
  ) {
    // 1440m is no name, because it could mean the trading day or 24 hours: the hint names both.
    const hint = interval === '1440m' ? ' (1d is the trading day, 24h is 24 hours)' : '';
    const expected = `one of ${known.join(', ')}${hint}`;
    super(`interval: expected ${expected}, was "${interval}"`);
    this.expected = expected;
  }
}

/** A date that is not a trading day of the session, or that the session no longer retains. */
export class UnknownDateError extends Error {
  override readonly name = 'UnknownDateError';
  constructor(
    sessionId: string,
    readonly date: string,
  ) {
    super(`date: expected a trading day of session ${sessionId}, was "${date}"`);
  }
}

/** Bars were fed to a session that reads them from a dataset. */
export class NotAFeedError extends SessionError {
  override readonly name = 'NotAFeedError';
  constructor(sessionId: string, dataset: string) {
    super(sessionId, `expected a source of type feed, was the dataset "${dataset}"`);
  }
}

/** The session Redis lost bars that a feeder has seen stored. The call that found this stored nothing. */
export class FeedSetBackError extends SessionError {
  override readonly name = 'FeedSetBackError';
  constructor(
    sessionId: string,
    readonly symbol: string,
    /** The store still has every bar of the stream that closes at or before this time, epoch ms. */
    readonly reachedMs: number,
    readonly seenBars: number,
    readonly storedBars: number,
  ) {
    super(
      sessionId,
      `expected at least ${seenBars} fed bars of ${symbol} in the store, was ${storedBars}: the session Redis lost its newest writes; ` +
        `send all bars of ${symbol} that close after ${new Date(reachedMs).toISOString()} again, and late ones; stored bars are duplicates`,
    );
  }
}

/** A session was started and has no store yet, because no coordinator streams it yet. */
export class FeedNotBegunError extends SessionError {
  override readonly name = 'FeedNotBegunError';
  constructor(sessionId: string, waitedMs: number) {
    super(sessionId, `expected its store to exist within ${waitedMs} ms; send the bars again later`);
  }
}

/** The symbols of a fed session cannot change: a stream that joins late would have to be fed from the first day on. */
export class FedSymbolsError extends SessionError {
  override readonly name = 'FedSymbolsError';
  constructor(sessionId: string) {
    super(sessionId, 'expected a source of type dataset; the symbols of a session that is fed cannot change');
  }
}

/** A consumer joined after the owner decided how far to move the clock: the owner must decide again. */
export class ConsumersChangedError extends SessionError {
  override readonly name = 'ConsumersChangedError';
  constructor(sessionId: string) {
    super(sessionId, 'a consumer joined');
  }
}

/** The name of a consumer is not valid. */
export class ConsumerNameError extends Error {
  override readonly name = 'ConsumerNameError';
  constructor(readonly consumer: string) {
    super(`consumer: expected a name of 1 to 64 letters, digits, ".", "_", "-", was ${JSON.stringify(consumer)}`);
  }
}

/** The session has the most consumers that it may have. */
export class ConsumerCountError extends SessionError {
  override readonly name = 'ConsumerCountError';
  constructor(
    sessionId: string,
    readonly max: number,
  ) {
    super(sessionId, `expected at most ${max} consumers, was one more`);
  }
}

/** The session has no such consumer: it never joined, it left, or it was removed. */
export class UnknownConsumerError extends Error {
  override readonly name = 'UnknownConsumerError';
  constructor(
    readonly sessionId: string,
    readonly consumer: string,
  ) {
    super(`consumer: expected one that joined session ${sessionId}, was "${consumer}"`);
  }
}

/** Another process joined under the consumer's name: this process must stop. */
export class ConsumerReplacedError extends SessionError {
  override readonly name = 'ConsumerReplacedError';
  constructor(
    sessionId: string,
    readonly consumer: string,
  ) {
    super(sessionId, `another process joined as consumer "${consumer}"`);
  }
}

/** A consumer acknowledged a position at `time`, after the session's clock. Both are epoch ms. */
export class ConsumerAheadError extends SessionError {
  override readonly name = 'ConsumerAheadError';
  constructor(
    sessionId: string,
    consumer: string,
    readonly time: number,
    readonly clock: number,
  ) {
    const [was, limit] = [time, clock].map((ms) => new Date(ms).toISOString());
    super(sessionId, `consumer "${consumer}": expected a position up to the clock, ${limit}, was ${was}`);
  }
}

/** Days of the session were removed again and again while a digest over all of them was computed. */
export class DaysRetiredError extends SessionError {
  override readonly name = 'DaysRetiredError';
  constructor(sessionId: string) {
    super(sessionId, 'days were removed during the read; read again when the session is slower or has ended');
  }
}
