/** The problem documents (RFC 9457) in Barkeep's answers. A `type` means one cause and never changes. */
import type { FieldProblem } from '@barkeep/bars';
import { z } from 'zod';
import { time } from './values.js';

/** Media type of every error answer. */
export const PROBLEM_JSON = 'application/problem+json';

/** Statuses that say that no coordinator is ready: its own 503, and what a proxy answers that cannot reach one. */
export const AWAY_STATUSES: ReadonlySet<number> = new Set([502, 503, 504]);

/** Every kind of problem: the last part of its `type`, with its status and title. */
export const PROBLEM_KINDS = {
  'invalid-input': { status: 400, title: 'Invalid request' },
  'malformed-json': { status: 400, title: 'Malformed JSON' },
  'bad-request': { status: 400, title: 'Malformed request' },
  unauthorized: { status: 401, title: 'Missing or invalid API key' },
  'foreign-origin': { status: 403, title: 'Request from another machine or origin' },
  forbidden: { status: 403, title: 'Forbidden' },
  'unknown-route': { status: 404, title: 'Route not found' },
  'unknown-session': { status: 404, title: 'Session not found' },
  'unknown-dataset': { status: 404, title: 'Dataset not found' },
  'unknown-symbol': { status: 404, title: 'Symbol not found' },
  'unknown-consumer': { status: 404, title: 'Consumer not found' },
  'no-bar': { status: 404, title: 'No visible bar yet' },
  'session-conflict': { status: 409, title: 'Session exists with a different spec, or in another deployment' },
  'symbol-count': { status: 409, title: 'Too few or too many symbols' },
  'symbols-changing': { status: 409, title: 'Symbols are already being changed' },
  'wrong-state': { status: 409, title: 'Session state does not allow this request' },
  'not-a-feed': { status: 409, title: 'Session source is not a feed' },
  'fed-bars-lost': { status: 409, title: 'Fed bars were lost' },
  'fed-symbols': { status: 409, title: 'Symbols of a fed session cannot change' },
  'unknown-calendar': { status: 409, title: 'Session calendar not found' },
  'session-lost': { status: 409, title: 'Session data lost' },
  'body-too-large': { status: 413, title: 'Request body too large' },
  'unsupported-media-type': { status: 415, title: 'Unsupported media type' },
  'internal-error': { status: 500, title: 'Internal error' },
  'not-ready': { status: 503, title: 'Service not ready' },
  unavailable: { status: 503, title: 'Service temporarily unavailable' },
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
  checks: z.record(z.string(), z.string()).optional().describe('only with not-ready: each server, up or down'),
  lost: z
    .strictObject({
      symbol: z.string(),
      reached: time.describe('the store has every bar that closes by this time'),
      bars: z.int().min(1).describe('how many more bars the feeder had seen in the store'),
    })
    .optional()
    .describe('only with fed-bars-lost: the stream whose later bars must be sent again'),
});
export type Problem = Omit<z.output<typeof problemAnswer>, 'problems'> & { problems?: readonly FieldProblem[] };

/** Fields that only some kinds of problem have. */
export type ProblemExtra = Pick<Problem, 'problems' | 'checks' | 'lost'>;

export function problem(kind: ProblemKind, detail: string, extra: ProblemExtra = {}): Problem {
  return { type: `urn:barkeep:problem:${kind}`, ...PROBLEM_KINDS[kind], detail, ...extra };
}

/** Names every wrong field in one line: "last: expected …, was …; to: …". Calls the whole body "body". */
export function summary(problems: readonly FieldProblem[]): string {
  return problems.map(({ field, expected, was }) => `${field || 'body'}: expected ${expected}, was ${was}`).join('; ');
}
