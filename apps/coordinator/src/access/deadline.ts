/**
 * Gives every request a bound: a server behind the service that neither answers nor refuses (a paused machine, a cut
 * network) must not hold its callers for ever. An answer that has begun, such as a stream of events, is left alone.
 */
import type { RequestHandler, Response } from 'express';
import { sendProblem } from './problem-filter.js';
import { problem } from '../problems/index.js';

/** Time until the first byte of an answer, ms. */
export const ANSWER_WITHIN_MS = 30_000;
const TIMER = 'deadline';

/** The middleware that answers 503 in place of a route that does not answer within `ms`. */
export function deadline(ms: number = ANSWER_WITHIN_MS): RequestHandler {
  return (request, response, next) => {
    const timer = setTimeout(() => {
      if (response.headersSent) return;
      // A body that is not here by now is not waited for.
      response.setHeader('Connection', 'close');
      sendProblem(request, response, problem('unavailable', `expected an answer within ${ms} ms`));
    }, ms);
    response.locals[TIMER] = timer;
    response.once('close', () => clearTimeout(timer));
    next();
  };
}

/** Lets a request take as long as it likes: one whose body is read for as long as somebody sends it. */
export function withoutDeadline(response: Response): void {
  clearTimeout(response.locals[TIMER] as NodeJS.Timeout | undefined);
}
