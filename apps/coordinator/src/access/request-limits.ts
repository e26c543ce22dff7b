/**
 * The limits of a request. Its JSON body is read within limits: size, depth, and no `__proto__` anywhere, so that a controller can
 * walk a body without harm. Its answer begins within a time: a server that does not respond (a paused machine, a broken network)
 * must not make callers wait without end. An answer that has started, such as a stream of events, is not limited.
 */
import { problem } from '@barkeep/api';
import { json, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { shown } from '@barkeep/bars';
import { WrongFieldsError, ProblemError } from '../problems.js';
import { sendProblem } from './problem-filter.js';

/** Largest JSON body in bytes; a spec with 5,000 symbols of 32 letters has 180,000. */
export const BODY_BYTES_MAX = 1_048_576;
/** Deepest nesting of arrays and objects; a spec has 3. */
export const BODY_DEPTH_MAX = 32;

/** Middlewares that put the parsed body into `request.body`; it is undefined when there is no JSON body. */
export function jsonBody(): RequestHandler[] {
  const parse = json({ limit: BODY_BYTES_MAX, strict: false });
  const guarded: RequestHandler = (request, response, next) =>
    parse(request, response, (error?: unknown) => (error ? next(bodyError(error)) : next()));
  return [guarded, checkBody];
}

function checkBody(request: Request, _response: Response, next: NextFunction): void {
  refuseHarmful(request.body);
  next();
}

/**
 * Checks a parsed body.
 * @throws WrongFieldsError that names the field, when a field is called `__proto__` or the nesting is too deep
 */
export function refuseHarmful(body: unknown): void {
  const open: { value: unknown; path: string; depth: number }[] = [{ value: body, path: '', depth: 0 }];
  // An explicit stack: a caller could nest deeper than recursion can go.
  for (let at = open.pop(); at; at = open.pop()) {
    if (typeof at.value !== 'object' || at.value === null) continue;
    if (at.depth >= BODY_DEPTH_MAX) {
      throw new WrongFieldsError([
        { field: at.path.slice(0, 200), expected: `at most ${BODY_DEPTH_MAX} levels`, was: 'more' },
      ]);
    }
    const isArray = Array.isArray(at.value);
    for (const [key, value] of Object.entries(at.value)) {
      const path = isArray ? `${at.path}[${key}]` : at.path ? `${at.path}.${key}` : key;
      if (key === '__proto__') {
        throw new WrongFieldsError([
          { field: path, expected: 'no such field', was: typeof value === 'object' ? 'an object' : shown(value) },
        ]);
      }
      open.push({ value, path, depth: at.depth + 1 });
    }
  }
}

/** The problem of a body that the parser refused; other errors are returned unchanged. */
export function bodyError(error: unknown): unknown {
  if (!(error instanceof Error) || !('status' in error)) return error;
  switch ('type' in error ? error.type : undefined) {
    case 'entity.too.large':
      return new ProblemError('body-too-large', `expected at most ${BODY_BYTES_MAX} bytes`);
    case 'entity.parse.failed':
      return new ProblemError('malformed-json', error.message);
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new ProblemError('unsupported-media-type', error.message);
    default:
      // The body is truncated, of another length than its header says, or compressed and broken.
      return error.status === 400 ? new ProblemError('bad-request', error.message) : error;
  }
}

/** Time until the first byte of an answer, ms. */
export const ANSWER_WITHIN_MS = 30_000;
const TIMER = 'deadline';

/** The middleware that answers 503 in place of a route that does not answer within `ms`. */
export function deadline(ms: number = ANSWER_WITHIN_MS): RequestHandler {
  return (request, response, next) => {
    const timer = setTimeout(() => {
      if (response.headersSent) return;
      // Do not wait for the rest of the body.
      response.setHeader('Connection', 'close');
      sendProblem(request, response, problem('unavailable', `expected an answer within ${ms} ms`));
    }, ms);
    response.locals[TIMER] = timer;
    response.once('close', () => clearTimeout(timer));
    next();
  };
}

/** Removes the limit from a request, such as one whose caller streams its body. */
export function withoutDeadline(response: Response): void {
  clearTimeout(response.locals[TIMER] as NodeJS.Timeout | undefined);
}
