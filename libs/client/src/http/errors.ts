/** The coordinator's problem documents (RFC 9457) as errors: one class per cause that a program may want to catch. */
import type { FieldProblem } from '@barkeep/bars';

/** One field of a request that is wrong: its path, what was expected there, and what it was. */
export type ProblemField = FieldProblem;

/** The content of a problem document. */
export interface ProblemDetails {
  /** HTTP status. */
  status: number;
  /**
   * Stable name of the cause, such as `wrong-state`: the last part of the document's `type`; empty without a `type`. docs/api.md lists
   * all kinds.
   */
  kind: string;
  /** Each wrong field, if the kind is `invalid-input`; otherwise empty. */
  problems: readonly ProblemField[];
  /** Names the request in the coordinator's log. */
  requestId: string | undefined;
}

/** The coordinator refused a request. */
export class ApiProblemError extends Error implements ProblemDetails {
  override readonly name: string = 'ApiProblemError';
  readonly status: number;
  readonly kind: string;
  readonly problems: readonly ProblemField[];
  readonly requestId: string | undefined;
  constructor(message: string, details: ProblemDetails) {
    super(`${message} (HTTP ${details.status})`);
    this.status = details.status;
    this.kind = details.kind;
    this.problems = details.problems;
    this.requestId = details.requestId;
  }
}

/** A spec, a query or a body is wrong; `problems` names every field. */
export class InvalidInputError extends ApiProblemError {
  override readonly name = 'InvalidInputError';
}
/** The coordinator requires an API key, or does not know the given one. */
export class UnauthorizedError extends ApiProblemError {
  override readonly name = 'UnauthorizedError';
}
/** No session has this id. */
export class SessionNotFoundError extends ApiProblemError {
  override readonly name = 'SessionNotFoundError';
}
/** The session does not have this symbol. */
export class SymbolNotFoundError extends ApiProblemError {
  override readonly name = 'SymbolNotFoundError';
}
/** The state of the session does not allow the request. */
export class WrongStateError extends ApiProblemError {
  override readonly name = 'WrongStateError';
}
/** A session with this id exists and has another spec. */
export class SessionConflictError extends ApiProblemError {
  override readonly name = 'SessionConflictError';
}
/** The data of the session is gone from Redis. */
export class SessionDataLostError extends ApiProblemError {
  override readonly name = 'SessionDataLostError';
}
/**
 * The session Redis lost bars that this stream had sent, and the call was refused. To go on, send all bars of the symbol again: those that
 * are still stored count as duplicates. It is enough to send the bars that close after `reachedMs`, and the late bars: bars that were
 * sent after the session had passed their time.
 */
export class FedBarsLostError extends ApiProblemError {
  override readonly name = 'FedBarsLostError';
  constructor(
    message: string,
    details: ProblemDetails,
    /** The symbol of the stream. */
    readonly symbol: string,
    /** The session still has every bar that closes at this time or before, except late ones, epoch ms. */
    readonly reachedMs: number,
    /** How many fewer bars of the symbol the session has than at the last answer. */
    readonly bars: number,
  ) {
    super(message, details);
  }
}
/** A server behind the coordinator did not answer within the retry time. */
export class UnavailableError extends ApiProblemError {
  override readonly name = 'UnavailableError';
}
