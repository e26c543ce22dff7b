/** The problem documents (RFC 9457) in Barkeep's answers. A `type` means one cause and never changes. */
import type { FieldProblem } from '@barkeep/bars';
import { z } from 'zod';
import { time } from './values.js';

/** Media type of every error answer. */
export const PROBLEM_JSON = 'application/problem+json';

const TYPE_PREFIX = 'urn:barkeep:problem:';

/** Every kind of problem: the last part of its `type`, with its status and title. */
export const PROBLEM_KINDS = {
  'invalid-input': { status: 400, title: 'The request is not valid' },
  'malformed-json': { status: 400, title: 'The body is not valid JSON' },
  'bad-request': { status: 400, title: 'The request cannot be read' },
  unauthorized: { status: 401, title: 'A valid API key is required' },
  'foreign-origin': { status: 403, title: 'Without API keys only this machine may ask' },
  forbidden: { status: 403, title: 'Not allowed' },
  'unknown-route': { status: 404, title: 'No such route' },
  'unknown-session': { status: 404, title: 'No such session' },
  'unknown-dataset': { status: 404, title: 'No such dataset' },
  'unknown-symbol': { status: 404, title: 'No such symbol in this session' },
  'unknown-consumer': { status: 404, title: 'No such consumer of this session' },
  'no-bar': { status: 404, title: 'No bar is visible yet' },
  'session-conflict': { status: 409, title: 'The session exists with another spec' },
  'symbol-count': { status: 409, title: 'The session would have too many or too few symbols' },
  'symbols-changing': { status: 409, title: 'Another call is changing the symbols of the session' },
  'wrong-state': { status: 409, title: 'The session is in another state' },
  'not-a-feed': { status: 409, title: 'The session reads its bars from a dataset' },
  'fed-bars-lost': { status: 409, title: 'The session store lost bars of this stream' },
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

export const problemAnswer = z.strictObject({
  type: z.string().describe('stable name of the cause, urn:barkeep:problem:…'),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe('what is wrong in this case, for people'),
  instance: z.string().optional().describe('path of the request'),
  requestId: z.string().optional().describe('names the request in the log of the service'),
  problems: z
    .array(z.strictObject({ field: z.string(), expected: z.string(), was: z.string() }))
    .optional()
    .describe('each wrong field, with what was expected and what the request had'),
  checks: z.record(z.string(), z.string()).optional().describe('only of not-ready: each server, up or down'),
  lost: z
    .strictObject({
      symbol: z.string(),
      reached: time.describe('the store has every bar that closes by this time'),
      bars: z.int().min(1).describe('how many more bars the feeder had seen in the store'),
    })
    .optional()
    .describe('only of fed-bars-lost: the stream whose later bars must be sent again'),
});
/** The body of an error answer. */
export type Problem = Omit<z.output<typeof problemAnswer>, 'problems'> & { problems?: readonly FieldProblem[] };

/** Fields that only some kinds of problem have. */
export type ProblemExtra = Pick<Problem, 'problems' | 'checks' | 'lost'>;

/** Makes a problem document. */
export function problem(kind: ProblemKind, detail: string, extra: ProblemExtra = {}): Problem {
  return { type: TYPE_PREFIX + kind, ...PROBLEM_KINDS[kind], detail, ...extra };
}

/** Names every wrong field in one line: "last: expected …, was …; to: …". */
export function summary(problems: readonly FieldProblem[]): string {
  return problems.map(({ field, expected, was }) => `${field || 'body'}: expected ${expected}, was ${was}`).join('; ');
}
