/**
 * Turns every error of a request into a problem document, and logs faults of the service. Every error answer has the media type of
 * RFC 9457 and the id of its request, and every 503 has a Retry-After header.
 */
import { PROBLEM_JSON, type Problem } from '@barkeep/api';
import { errorText } from '@barkeep/service';
import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { problemOf } from '../problems.js';

const RETRY_AFTER_SECONDS = 2;

/** Sends a problem document. If the answer has already begun, it cannot be changed, so its connection is closed. */
export function sendProblem(request: Request, response: Response, problem: Problem): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (problem.status === 503) response.setHeader('Retry-After', RETRY_AFTER_SECONDS);
  const instance = request.originalUrl.split('?', 1)[0];
  response.status(problem.status).type(PROBLEM_JSON);
  // Not `response.json`: express would add a charset, which this media type does not have.
  response.end(JSON.stringify({ ...problem, instance, requestId: request.id }));
}

@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('http');

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const response = http.getResponse<Response>();
    // The deadline (deadline.ts) has answered already.
    if (response.writableEnded) return;
    // The caller has disconnected, which has ended the work for it.
    if (response.destroyed && (error as Partial<Error> | undefined)?.name === 'AbortError') return;
    const problem = problemOf(error);
    if (problem.status === 500) this.logger.error({ err: error }, 'a request failed');
    else if (problem.status === 503) this.logger.warn(`unavailable: ${errorText(error)}`);
    sendProblem(http.getRequest<Request>(), response, problem);
  }
}
