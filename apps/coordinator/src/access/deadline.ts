/**
 * The time limit of a request: its answer must begin within 30 s. When Postgres or Redis does not respond (a paused machine, a broken
 * network), callers must not wait for hours. An answer that has begun, such as a stream of events, may take any time.
 */
import { problem } from '@barkeep/api';
import type { RequestHandler, Response } from 'express';
import { sendProblem } from './problem-filter.js';

/** Longest time until the first byte of an answer, ms. */
const ANSWER_WITHIN_MS = 30_000;
/** Name of the request's timer in `response.locals`. */
const TIMER = 'deadline';

/** The middleware that answers 503 when a route does not begin its answer within `ms`. */
export function deadline(ms: number = ANSWER_WITHIN_MS): RequestHandler {
  return (request, response, next) => {
    const timer = setTimeout(() => {
      if (response.headersSent) return;
      // Do not wait for the rest of the body.
      response.setHeader('Connection', 'close');
      const detail =
        `expected an answer within ${ms} ms; the call may still take effect, and may be repeated ` +
        '(POST /v1/sessions: with the same id or Idempotency-Key)';
      sendProblem(request, response, problem('unavailable', detail));
    }, ms);
    response.locals[TIMER] = timer;
    response.once('close', () => clearTimeout(timer));
    next();
  };
}

/** Removes the time limit of a request, for example when its caller streams a long body. */
export function withoutDeadline(response: Response): void {
  clearTimeout(response.locals[TIMER] as NodeJS.Timeout | undefined);
}
