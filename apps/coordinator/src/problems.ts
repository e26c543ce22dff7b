/**
 * Maps every error to its problem document. Pure. Wrong input never becomes a 500, and a 500 or 503 reveals no internal details.
 * Errors of the HTTP API itself are defined here.
 */
import { problem, summary, type Problem, type ProblemExtra, type ProblemKind } from '@barkeep/api';
import { BadRequestException, NotFoundException } from '@nestjs/common';
import {
  CursorError,
  SpecConflictError,
  UnknownSessionError,
  SymbolConflictError,
  UnknownDatasetError,
  SessionStateError,
} from '@barkeep/bar-repository';
import {
  type FieldProblem,
  IntervalError,
  SessionSpecError,
  shown,
  SymbolCountError,
  UnknownCalendarError,
} from '@barkeep/bars';
import {
  FeedSetBackError,
  FedSymbolsError,
  FeedNotBegunError,
  DaysRetiredError,
  isBrokenStore,
  isOutage,
  NotAFeedError,
  SessionLostError,
  SymbolsChangedError,
  UnknownConsumerError,
  UnknownDateError,
  UnknownIntervalError,
  UnknownSymbolError,
} from '@barkeep/session-data';

/** An error of the HTTP API, with its problem document. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;
  constructor(kind: ProblemKind, detail: string, extra: ProblemExtra = {}) {
    super(detail);
    this.problem = problem(kind, detail, extra);
  }
}

/** Some fields of a request are wrong; answered with 400. */
export class WrongFieldsError extends ProblemError {
  constructor(readonly problems: readonly FieldProblem[]) {
    super('invalid-input', summary(problems), { problems });
  }
}

/** The error of one wrong field. */
export function wrongField(field: string, expected: string, was: string): WrongFieldsError {
  return new WrongFieldsError([{ field, expected, was }]);
}

/** The problem document of any thrown value; `internal-error` if the value is not known here. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof SessionSpecError) return new WrongFieldsError(error.problems).problem;
  if (error instanceof UnknownIntervalError)
    return wrongField('interval', error.expected, `"${error.interval}"`).problem;
  if (error instanceof UnknownDateError)
    return wrongField('date', 'a trading day of the session', shown(error.date)).problem;
  if (error instanceof IntervalError)
    return wrongField('interval', 'an interval such as 5m, 2h or 1d', `"${error.value}"`).problem;
  if (error instanceof CursorError)
    return wrongField('cursor', 'a nextCursor from an earlier page', shown(error.cursor)).problem;
  if (error instanceof UnknownSessionError) return problem('unknown-session', error.message);
  if (error instanceof UnknownDatasetError) return problem('unknown-dataset', error.message);
  if (error instanceof UnknownSymbolError) return problem('unknown-symbol', error.message);
  if (error instanceof UnknownConsumerError) return problem('unknown-consumer', error.message);
  if (error instanceof SpecConflictError) return problem('session-conflict', error.message);
  if (error instanceof SessionStateError) return problem('wrong-state', error.message);
  if (error instanceof SymbolCountError) return problem('symbol-count', error.message);
  if (error instanceof NotAFeedError) return problem('not-a-feed', error.message);
  if (error instanceof FeedSetBackError) {
    const { symbol, reachedMs, seenBars, storedBars } = error;
    const lost = { symbol, reached: new Date(reachedMs).toISOString(), bars: seenBars - storedBars };
    return problem('fed-bars-lost', error.message, { lost });
  }
  if (error instanceof FedSymbolsError) return problem('fed-symbols', error.message);
  if (error instanceof FeedNotBegunError || error instanceof DaysRetiredError)
    return problem('unavailable', error.message);
  if (error instanceof SymbolConflictError || error instanceof SymbolsChangedError) {
    return problem('symbols-changing', error.message);
  }
  if (error instanceof SessionLostError) return problem('session-lost', error.message);
  if (isBrokenStore(error)) return problem('session-lost', `the store of the session is broken: ${error.message}`);
  // BARKEEP_CALENDARS_DIR no longer has the calendar of a stored session. A new spec with an unknown calendar is a SessionSpecError.
  if (error instanceof UnknownCalendarError) return problem('unknown-calendar', error.message);
  // Nest throws these two: for a path that cannot be decoded, and for an unknown route.
  if (error instanceof BadRequestException) return problem('bad-request', error.message);
  if (error instanceof NotFoundException) return problem('unknown-route', error.message);
  if (isOutage(error)) return problem('unavailable', 'a server behind the service does not answer; try again shortly');
  return problem('internal-error', 'the cause is in the log of the service, under the requestId');
}
