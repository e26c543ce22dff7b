/**
 * Gives every request a bound: a server behind the service that neither answers nor refuses (a paused machine, a cut
 * network) must not hold its callers for ever. An answer that has begun, such as a stream of events, is left alone.
 */
import type { RequestHandler } from 'express';
import { sendProblem } from './problem-filter.js';
import { problem } from './problem.js';

/** Time until the first byte of an answer, ms. */
export const ANSWER_WITHIN_MS = 30_000;

/** The middleware that answers 503 in place of a route that does not answer within `ms`. */
export function deadline(ms: number = ANSWER_WITHIN_MS): RequestHandler {
  return (request, response, next) => {
    const timer = setTimeout(() => {
      if (response.headersSent) return;
      sendProblem(request, response, problem('unavailable', `expected an answer within ${ms} ms`));
    }, ms);
    response.once('close', () => clearTimeout(timer));
    next();
  };
}
