/**
 * Limits the time until a request is answered: a server that does not respond (a paused machine, a broken network) must not
 * make callers wait without end. An answer that has started, such as a stream of events, is not limited.
 */
import { problem } from '@barkeep/api';
import type { RequestHandler, Response } from 'express';
import { sendProblem } from './problem-filter.js';

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
