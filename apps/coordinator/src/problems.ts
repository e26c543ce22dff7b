/**
 * Maps every error to its problem document. Pure. Wrong input never becomes a 500, and a 500 or 503 reveals no internal details.
 * Errors of the HTTP API itself are defined here.
 */
import { problem, summary, type Problem, type ProblemExtra, type ProblemKind } from '@barkeep/api';
import { BadRequestException, NotFoundException } from '@nestjs/common';
import * as repository from '@barkeep/bar-repository';
import * as bars from '@barkeep/bars';
import * as store from '@barkeep/session-data';

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
  constructor(readonly problems: readonly bars.FieldProblem[]) {
    super('invalid-input', summary(problems), { problems });
  }
}

export function wrongField(field: string, expected: string, was: string): WrongFieldsError {
  return new WrongFieldsError([{ field, expected, was }]);
}

/** Errors of the libraries whose message is the detail of their problem. */
const KIND_BY_ERROR: readonly [type: abstract new (...args: never[]) => Error, kind: ProblemKind][] = [
  [repository.UnknownSessionError, 'unknown-session'],
  [repository.UnknownDatasetError, 'unknown-dataset'],
  [store.UnknownSymbolError, 'unknown-symbol'],
  [store.UnknownConsumerError, 'unknown-consumer'],
  [repository.SpecConflictError, 'session-conflict'],
  [repository.DeploymentConflictError, 'session-conflict'],
  [repository.SessionStateError, 'wrong-state'],
  [bars.SymbolCountError, 'symbol-count'],
  [store.NotAFeedError, 'not-a-feed'],
  [store.FedSymbolsError, 'fed-symbols'],
  [store.FeedNotBegunError, 'unavailable'],
  [store.DaysRetiredError, 'unavailable'],
  [repository.SymbolConflictError, 'symbols-changing'],
  [store.SymbolsChangedError, 'symbols-changing'],
  [store.SessionLostError, 'session-lost'],
  // BARKEEP_CALENDARS_DIR no longer has the calendar of a stored session. A new spec with an unknown calendar is a SessionSpecError.
  [bars.UnknownCalendarError, 'unknown-calendar'],
  // Nest throws these two: for a path that cannot be decoded, and for an unknown route.
  [BadRequestException, 'bad-request'],
  [NotFoundException, 'unknown-route'],
];

/** The problem document of any thrown value; `internal-error` if the value is not known here. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  const wrongFields = wrongFieldsOf(error);
  if (wrongFields) return wrongFields.problem;
  if (error instanceof store.FeedSetBackError) {
    const { symbol, reachedMs, seenBars, storedBars } = error;
    const lost = { symbol, reached: new Date(reachedMs).toISOString(), bars: seenBars - storedBars };
    return problem('fed-bars-lost', error.message, { lost });
  }
  const kind = KIND_BY_ERROR.find(([type]) => error instanceof type)?.[1];
  if (kind) return problem(kind, (error as Error).message);
  if (store.isBrokenStore(error))
    return problem('session-lost', `the store of the session is broken: ${error.message}`);
  if (store.isOutage(error))
    return problem('unavailable', 'a server behind the service does not answer; try again shortly');
  return problem('internal-error', 'the cause is in the log of the service, under the requestId');
}

/** Errors of the libraries that are about fields of the request, as WrongFieldsError; undefined for any other error. */
function wrongFieldsOf(error: unknown): WrongFieldsError | undefined {
  if (error instanceof bars.SessionSpecError) return new WrongFieldsError(error.problems);
  if (error instanceof store.UnknownIntervalError) return wrongField('interval', error.expected, `"${error.interval}"`);
  if (error instanceof store.UnknownDateError)
    return wrongField('date', 'a trading day that the session retains', bars.shown(error.date));
  if (error instanceof bars.IntervalError)
    return wrongField('interval', 'an interval such as 5m, 2h or 1d', `"${error.value}"`);
  if (error instanceof repository.CursorError)
    return wrongField('cursor', 'a nextCursor from an earlier page', bars.shown(error.cursor));
  return undefined;
}
