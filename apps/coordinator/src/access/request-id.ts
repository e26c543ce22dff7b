/** The id of a request: the client's own `X-Request-Id` when it is harmless, otherwise a new one. In the log, the answer and problems. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Header that carries the id both ways. */
export const REQUEST_ID_HEADER = 'X-Request-Id';

const HARMLESS = /^[A-Za-z0-9._:-]{1,128}$/;

/** Chooses the id of a request and sets the header of its answer. */
export function nameRequest(request: IncomingMessage, response: ServerResponse): string {
  const given = request.headers['x-request-id'];
  const id = typeof given === 'string' && HARMLESS.test(given) ? given : randomUUID();
  response.setHeader(REQUEST_ID_HEADER, id);
  return id;
}

/** The id that {@link nameRequest} chose; undefined before the access log saw the request. */
export function requestIdOf(request: IncomingMessage): string | undefined {
  return typeof request.id === 'string' ? request.id : undefined;
}
