/**
 * The coordinator's problem documents (RFC 9457) as errors: a class for each cause that a program may want to catch, and
 * {@link ApiProblemError} for all of them.
 */
import { z } from 'zod';

/** One field of a request that is wrong. */
export interface ProblemField {
  /** Path of the field, such as `upkeep.everySeconds` or `symbols[3]`; empty for the whole. */
  field: string;
  /** What it should have been. */
  expected: string;
  /** What it was. */
  was: string;
}

/** What a problem document says. */
export interface ProblemDetails {
  /** HTTP status. */
  status: number;
  /** Stable name of the cause, such as `wrong-state`: the last part of the document's `type`; empty without a `type`. */
  kind: string;
  /** Each field that is wrong, of `invalid-input`. */
  problems: readonly ProblemField[];
  /** Names the request in the coordinator's log. */
  requestId: string | undefined;
}

/** The coordinator refused a request. */
export class ApiProblemError extends Error {
  override readonly name: string = 'ApiProblemError';
  /** HTTP status. */
  readonly status: number;
  /** Stable name of the cause, such as `wrong-state`; see docs/api.md for all of them. */
  readonly kind: string;
  /** Each field that is wrong, of `invalid-input`; otherwise empty. */
  readonly problems: readonly ProblemField[];
  /** Names the request in the coordinator's log. */
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
/** There is no session of this id. */
export class SessionNotFoundError extends ApiProblemError {
  override readonly name = 'SessionNotFoundError';
}
/** The session does not have this symbol. */
export class SymbolNotFoundError extends ApiProblemError {
  override readonly name = 'SymbolNotFoundError';
}
/** The session is in a state in which this cannot be done. */
export class WrongStateError extends ApiProblemError {
  override readonly name = 'WrongStateError';
}
/** There is a session of this id already, with another spec. */
export class SessionConflictError extends ApiProblemError {
  override readonly name = 'SessionConflictError';
}
/** The data of the session is gone from Redis. */
export class SessionDataLostError extends ApiProblemError {
  override readonly name = 'SessionDataLostError';
}
/**
 * The session Redis lost bars that this stream had sent. The call is refused. Send all bars of the symbol that close
 * after `reachedMs` again, and late ones, or simply all bars: those that are stored are duplicates.
 */
export class FedBarsLostError extends ApiProblemError {
  override readonly name = 'FedBarsLostError';
  constructor(
    message: string,
    details: ProblemDetails,
    /** The symbol of the stream. */
    readonly symbol: string,
    /** The session still has every bar of the stream that closes by then, epoch ms. */
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

const ERRORS: Readonly<Record<string, typeof ApiProblemError>> = {
  'invalid-input': InvalidInputError,
  'malformed-json': InvalidInputError,
  unauthorized: UnauthorizedError,
  'unknown-session': SessionNotFoundError,
  'unknown-symbol': SymbolNotFoundError,
  'wrong-state': WrongStateError,
  'session-conflict': SessionConflictError,
  'session-lost': SessionDataLostError,
  unavailable: UnavailableError,
  'not-ready': UnavailableError,
};

const text = z.coerce.string().default('');
const problemField = z.object({ field: text, expected: text, was: text });
/** What is read of a problem document; a field that is missing or of another type is left out. */
const problemDocument = z.object({
  type: z.string().catch(''),
  title: z.string().optional().catch(undefined),
  detail: z.string().optional().catch(undefined),
  requestId: z.string().optional().catch(undefined),
  problems: z
    .array(z.unknown())
    .catch([])
    .transform((all) => all.flatMap((problem) => problemField.safeParse(problem).data ?? [])),
  lost: z.object({ symbol: z.string(), reached: z.string(), bars: z.number() }).optional().catch(undefined),
});

/** The error of an answer whose status is not 2xx. @param body the problem document, if there is one */
export function problemError(status: number, body: unknown): ApiProblemError {
  const document = problemDocument.safeParse(body).data ?? problemDocument.parse({});
  const { type, detail, title, problems, requestId, lost } = document;
  const kind = type.split(':').at(-1) ?? '';
  const reason = detail ?? title ?? 'no reason given';
  const details: ProblemDetails = { status, kind, problems, requestId };
  if (kind === 'fed-bars-lost' && lost)
    return new FedBarsLostError(reason, details, lost.symbol, Date.parse(lost.reached), lost.bars);
  const ErrorOfKind = ERRORS[kind] ?? ApiProblemError;
  return new ErrorOfKind(reason, details);
}
