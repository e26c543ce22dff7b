/**
 * The problem documents of RFC 9457 that Barkeep answers with: their kinds, and the errors that the HTTP side raises itself.
 * Guarantees that a `type` stands for one cause and never changes. Which error becomes which problem: ./problem-of.ts.
 */
import type { FieldProblem } from '@barkeep/bars';

/** Media type of every error answer. */
export const PROBLEM_JSON = 'application/problem+json';

const TYPE_PREFIX = 'urn:barkeep:problem:';

/** Every kind of problem: the last part of its `type`, with its status and title. */
export const PROBLEM_KINDS = {
  'invalid-input': { status: 400, title: 'The request is not valid' },
  'malformed-json': { status: 400, title: 'The body is not valid JSON' },
  'bad-request': { status: 400, title: 'The request cannot be read' },
  unauthorized: { status: 401, title: 'A valid API key is needed' },
  'foreign-origin': { status: 403, title: 'Without API keys only this machine may ask' },
  forbidden: { status: 403, title: 'Not allowed' },
  'unknown-route': { status: 404, title: 'No such route' },
  'unknown-session': { status: 404, title: 'No such session' },
  'unknown-symbol': { status: 404, title: 'No such symbol in this session' },
  'unknown-consumer': { status: 404, title: 'No such consumer of this session' },
  'no-bar': { status: 404, title: 'No bar is visible yet' },
  'session-conflict': { status: 409, title: 'The session exists with another spec' },
  'symbol-count': { status: 409, title: 'The session cannot have so many symbols, or so few' },
  'symbols-changing': { status: 409, title: 'Others are changing the symbols of the session' },
  'wrong-state': { status: 409, title: 'The session is in another state' },
  'not-a-feed': { status: 409, title: 'The session reads its bars from a dataset' },
  'fed-symbols': { status: 409, title: 'The symbols of a session that is fed cannot change' },
  'unknown-calendar': { status: 409, title: 'This service does not know the calendar of the session' },
  'session-lost': { status: 409, title: 'The data of the session is gone' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body must be JSON' },
  'internal-error': { status: 500, title: 'Something went wrong' },
  'not-ready': { status: 503, title: 'The service is not ready' },
  unavailable: { status: 503, title: 'A server behind the service is away' },
} as const satisfies Record<string, { status: number; title: string }>;
export type ProblemKind = keyof typeof PROBLEM_KINDS;

/** The body of an error answer. */
export interface Problem {
  /** Stable name of the cause, `urn:barkeep:problem:…`. */
  type: string;
  title: string;
  status: number;
  /** What is wrong this time, for people. */
  detail: string;
  /** Path of the request. */
  instance?: string;
  /** Names the request in the service's log. */
  requestId?: string;
  /** Each field that is wrong, what was expected and what came. */
  problems?: readonly FieldProblem[];
  /** Of `not-ready`: each server with `up` or `down`. */
  checks?: Readonly<Record<string, string>>;
}

/** A problem document of a kind. */
export function problem(kind: ProblemKind, detail: string, extra: Pick<Problem, 'problems' | 'checks'> = {}): Problem {
  return { type: TYPE_PREFIX + kind, ...PROBLEM_KINDS[kind], detail, ...extra };
}

/** The last part of a problem's `type`. */
export function kindOf({ type }: Problem): string {
  return type.slice(TYPE_PREFIX.length);
}

/** An error of the HTTP side that already knows its problem document. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;
  constructor(kind: ProblemKind, detail: string, extra: Pick<Problem, 'problems' | 'checks'> = {}) {
    super(detail);
    this.problem = problem(kind, detail, extra);
  }
}

/** Input that is wrong in the named fields; answered with 400. */
export class InvalidInputError extends ProblemError {
  constructor(readonly problems: readonly FieldProblem[]) {
    super('invalid-input', summary(problems), { problems });
  }
}

/** One line that says all that is wrong: "last: expected …, was …; to: …". */
export function summary(problems: readonly FieldProblem[]): string {
  return problems.map(({ field, expected, was }) => `${field || 'body'}: expected ${expected}, was ${was}`).join('; ');
}
