/** `/v1/sessions`: creates, lists and controls sessions. Only HTTP is here; the lifecycle does the work. */
import * as api from '@barkeep/api';
import { Body, Inject, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import {
  ApiController,
  CheckedQuery,
  JSON_BODY,
  Operation,
  parseIdempotencyKey,
  parseInput,
  SessionId,
} from '../openapi/index.js';
import { ProblemError } from '../problems.js';
import { SessionService } from '../lifecycle/index.js';

const session = { status: 200, description: 'the session', component: 'Session', example: api.sessionExample };
const accepted = {
  ...session,
  status: 202,
  description: 'the change is made; a server that is away now follows (waitingFor)',
};
const steering = {
  answer: session,
  otherAnswer: accepted,
  problems: ['unknown-session', 'wrong-state', 'unavailable'],
} as const;

@ApiController('sessions')
export class SessionsController {
  constructor(@Inject(SessionService) private readonly sessions: SessionService) {}

  @Operation('POST', 'v1/sessions', {
    summary: 'Creates a session from a spec',
    description:
      'Safe to repeat with the same `id` or Idempotency-Key and the same spec: answers 200 with the existing session.',
    query: api.createQuery,
    headers: { 'Idempotency-Key': api.idempotencyKeyHeader },
    body: { component: 'SessionSpec', example: api.specExample },
    answer: { ...session, status: 201, description: 'created; Location names it' },
    otherAnswer: { ...session, description: 'it existed' },
    problems: [...JSON_BODY, 'session-conflict', 'body-too-large', 'unavailable'],
  })
  async createSession(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @Body() body: unknown,
    @CheckedQuery() query: api.CreateQuery,
  ) {
    refuseOtherBodies(request);
    const idempotencyKey = parseIdempotencyKey(request.get('Idempotency-Key'));
    const { session: view, created } = await this.sessions.create(body, { start: query.start, idempotencyKey });
    response.status(created ? 201 : 200).location(`/v1/sessions/${encodeURIComponent(view.id)}`);
    return view;
  }

  @Operation('GET', 'v1/sessions', {
    summary: 'Lists sessions, newest first',
    query: api.listQuery,
    answer: { description: 'one page', component: 'SessionPage', example: api.sessionPageExample },
    problems: ['invalid-input', 'unavailable'],
  })
  listSessions(@CheckedQuery() query: api.ListQuery) {
    return this.sessions.list(query);
  }

  @Operation('GET', 'v1/sessions/:id', {
    summary: 'State, clock, progress and counts of a session',
    query: api.viewQuery,
    answer: session,
    problems: ['invalid-input', 'unknown-session', 'unavailable'],
  })
  findSession(@SessionId() id: string, @CheckedQuery() { view }: api.ViewQuery) {
    return this.sessions.find(id, view);
  }

  @Operation('POST', 'v1/sessions/:id/start', { ...steering, summary: 'Starts a session, or continues a stopped one' })
  async startSession(@SessionId() id: string, @Res({ passthrough: true }) response: Response) {
    return answer(response, await this.sessions.steering.start(id));
  }

  @Operation('POST', 'v1/sessions/:id/pause', { ...steering, summary: 'Halts the clock' })
  async pauseSession(@SessionId() id: string, @Res({ passthrough: true }) response: Response) {
    return answer(response, await this.sessions.steering.pause(id));
  }

  @Operation('POST', 'v1/sessions/:id/resume', { ...steering, summary: 'Continues after a pause' })
  async resumeSession(@SessionId() id: string, @Res({ passthrough: true }) response: Response) {
    return answer(response, await this.sessions.steering.resume(id));
  }

  @Operation('POST', 'v1/sessions/:id/stop', { ...steering, summary: 'Stops a session; what is stored stays readable' })
  async stopSession(@SessionId() id: string, @Res({ passthrough: true }) response: Response) {
    return answer(response, await this.sessions.steering.stop(id));
  }

  @Operation('DELETE', 'v1/sessions/:id', {
    summary: 'Stops a session and removes everything of it',
    answer: { status: 204, description: 'removed' },
    problems: ['unknown-session', 'unavailable'],
  })
  deleteSession(@SessionId() id: string) {
    return this.sessions.remove(id);
  }

  @Operation('POST', 'v1/sessions/:id/upkeep', {
    summary: 'Runs upkeep now: finds gaps, fills them, derives again',
    description:
      'Requests every empty slot again, of all symbols and days or of those that the body names. With dryRun it answers what would be ' +
      'requested up to the clock, in the view of an operator up to the frontier, and changes nothing.',
    query: api.viewQuery,
    body: { component: 'UpkeepRequest', example: { symbols: ['EMBER'], from: '2024-03-04', dryRun: true } },
    answer: {
      status: 202,
      description: 'a round is queued',
      component: 'Upkeep',
      example: { id: 'first-run', requested: true },
    },
    otherAnswer: { description: 'what would be requested', component: 'UpkeepPlan', example: api.upkeepPlanExample },
    problems: [...JSON_BODY, 'unknown-session', 'unknown-symbol', 'wrong-state', 'session-lost', 'unavailable'],
  })
  async runUpkeep(
    @SessionId() id: string,
    @Req() request: Request,
    @Body() body: unknown,
    @CheckedQuery() { view }: api.ViewQuery,
    @Res({ passthrough: true }) response: Response,
  ) {
    if (request.get('Content-Length') !== '0') refuseOtherBodies(request);
    const answered = await this.sessions.runUpkeep(id, parseInput(api.upkeepInput, body ?? {}), view);
    response.status(answered.requested ? 202 : 200);
    return answered;
  }
}

/** 202 while a server that the session needs does not have the change yet. */
function answer(response: Response, view: api.SessionAnswer): api.SessionAnswer {
  response.status(view.waitingFor?.kind === 'server' ? 202 : 200);
  return view;
}

/** The body parser skips a body that is not JSON; the route must not treat it as an empty one. */
function refuseOtherBodies(request: Request): void {
  if (request.is('json') !== false) return;
  const was = request.headers['content-type'] ?? 'none';
  throw new ProblemError('unsupported-media-type', `expected Content-Type application/json, was ${was}`);
}
