/**
 * The limits of a JSON body: it has a limited size and depth and no `__proto__` anywhere, so that a controller can safely walk it.
 */
import { shown } from '@barkeep/bars';
import { json, type Request, type RequestHandler } from 'express';
import { ProblemError, wrongField } from '../problems.js';

/** Largest JSON body in bytes; a spec with 5,000 symbols of 32 letters has 180,000. */
export const BODY_BYTES_MAX = 1_048_576;
/** Deepest nesting of arrays and objects; a spec has 3 levels. */
export const BODY_DEPTH_MAX = 32;

/** Middlewares that put the checked body into `request.body`; it is undefined when there is no JSON body. */
export function jsonBody(): RequestHandler[] {
  const parse = json({ limit: BODY_BYTES_MAX, strict: false });
  const parseOrRefuse: RequestHandler = (request, response, next) =>
    parse(request, response, (error?: unknown) => (error ? next(bodyError(error)) : next()));
  const check: RequestHandler = (request, _response, next) => {
    refuseHarmful(request.body);
    next();
  };
  return [parseOrRefuse, check];
}

/** Checks a parsed body. @throws WrongFieldsError that names a field called `__proto__`, or one that is nested too deep */
export function refuseHarmful(body: unknown): void {
  // An explicit stack instead of recursion: a caller could nest deeper than the call stack allows.
  const stack: { value: unknown; path: string; depth: number }[] = [{ value: body, path: '', depth: 0 }];
  for (let parent = stack.pop(); parent; parent = stack.pop()) {
    if (typeof parent.value !== 'object' || parent.value === null) continue;
    const depth = parent.depth + 1;
    if (depth > BODY_DEPTH_MAX) throw wrongField(parent.path.slice(0, 200), `at most ${BODY_DEPTH_MAX} levels`, 'more');
    for (const [key, value] of Object.entries(parent.value)) {
      const path = Array.isArray(parent.value) ? `${parent.path}[${key}]` : childPath(parent.path, key);
      if (key === '__proto__') {
        throw wrongField(path, 'no such field', typeof value === 'object' ? 'an object' : shown(value));
      }
      stack.push({ value, path, depth });
    }
  }
}

function childPath(parentPath: string, field: string): string {
  return parentPath === '' ? field : `${parentPath}.${field}`;
}

/**
 * Refuses a body that is not JSON: the body parser skips such a body, and a route must not treat it as empty.
 * @param expected the media types of the route, for the error @throws ProblemError
 */
export function refuseOtherBodies(request: Request, expected: string): void {
  if (request.is('json') !== false) return;
  const was = request.headers['content-type'] ?? 'none';
  throw new ProblemError('unsupported-media-type', `expected ${expected}, was ${was}`);
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
      // The body is truncated, has another length than its header says, or is compressed and broken.
      return error.status === 400 ? new ProblemError('bad-request', error.message) : error;
  }
}
