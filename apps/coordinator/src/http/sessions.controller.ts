/** `/v1/sessions`: creates, lists and controls sessions. Only HTTP is here; the lifecycle does the work. */
import * as api from '@barkeep/api';
import { Inject } from '@nestjs/common';
import type { Response } from 'express';
import {
  ApiController,
  type Call,
  Called,
  Operation,
  parseIdempotencyKey,
  parseInput,
  PROBLEMS,
} from '../openapi/index.js';
import { refuseOtherBodies } from '../access/index.js';
import { SessionService } from '../lifecycle/index.js';

const JSON_EXPECTED = 'Content-Type application/json';
/** Descriptions of answers that several routes have. */
const session = { status: 200, description: 'the session', component: 'Session', example: api.sessionExample };
const accepted = {
  ...session,
  status: 202,
  description: 'the change is saved; a server that is down gets it when it is back (see waitingFor)',
};
/** What the routes that start, pause, resume and stop a session have in common. */
const steering = {
  answer: session,
  otherAnswer: accepted,
  problems: ['wrong-state'],
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
    answer: { ...session, status: 201, description: 'created; its URL is in the Location header' },
    otherAnswer: { ...session, description: 'the session already existed' },
    problems: [...PROBLEMS.body, 'session-conflict', 'body-too-large'],
  })
  async createSession(@Called() { query, body, request, response }: Call<typeof api.createQuery>) {
    refuseOtherBodies(request, JSON_EXPECTED);
    const options = { start: query.start, idempotencyKey: parseIdempotencyKey(request.get('Idempotency-Key')) };
    const { session: view, created } = await this.sessions.creation.create(body, options);
    response.status(created ? 201 : 200).location(`/v1/sessions/${encodeURIComponent(view.id)}`);
    return view;
  }

  @Operation('GET', 'v1/sessions', {
    summary: 'Lists sessions, newest first',
    query: api.listQuery,
    answer: { description: 'one page', component: 'SessionPage', example: api.sessionPageExample },
  })
  listSessions(@Called() { query }: Call<typeof api.listQuery>) {
    return this.sessions.list(query);
  }

  @Operation('GET', 'v1/sessions/:id', {
    summary: 'State, clock, progress and counts of a session',
    query: api.viewQuery,
    answer: session,
  })
  findSession(@Called() { id, query }: Call<typeof api.viewQuery>) {
    return this.sessions.find(id, query.view);
  }

  @Operation('POST', 'v1/sessions/:id/start', { ...steering, summary: 'Starts a session, or continues a stopped one' })
  async startSession(@Called() { id, response }: Call) {
    return withStatus(response, await this.sessions.steering.start(id));
  }

  @Operation('POST', 'v1/sessions/:id/pause', { ...steering, summary: 'Pauses a session: its clock stops' })
  async pauseSession(@Called() { id, response }: Call) {
    return withStatus(response, await this.sessions.steering.pause(id));
  }

  @Operation('POST', 'v1/sessions/:id/resume', { ...steering, summary: 'Continues after a pause' })
  async resumeSession(@Called() { id, response }: Call) {
    return withStatus(response, await this.sessions.steering.resume(id));
  }

  @Operation('POST', 'v1/sessions/:id/stop', { ...steering, summary: 'Stops a session; what is stored stays readable' })
  async stopSession(@Called() { id, response }: Call) {
    return withStatus(response, await this.sessions.steering.stop(id));
  }

  @Operation('DELETE', 'v1/sessions/:id', {
    summary: 'Stops a session and removes all its data',
    answer: { status: 204, description: 'removed' },
  })
  deleteSession(@Called() { id }: Call) {
    return this.sessions.remove(id);
  }

  @Operation('POST', 'v1/sessions/:id/upkeep', {
    summary: 'Runs upkeep now: finds gaps, fills them, and rebuilds derived bars',
    description:
      'Requests every empty slot again, for all symbols and days, or only for those in the body. With dryRun, changes nothing and ' +
      'answers what would be requested: up to the clock, or with view=operator up to the frontier.',
    query: api.viewQuery,
    body: { component: 'UpkeepRequest', example: { symbols: ['EMBER'], from: '2024-03-04', dryRun: true } },
    answer: {
      status: 202,
      description: 'a round is queued',
      component: 'Upkeep',
      example: { id: 'first-run', requested: true },
    },
    otherAnswer: { description: 'what would be requested', component: 'UpkeepPlan', example: api.upkeepPlanExample },
    problems: [...PROBLEMS.body, 'unknown-symbol', 'wrong-state', 'session-lost'],
  })
  async runUpkeep(@Called() { id, query, body, request, response }: Call<typeof api.viewQuery>) {
    // The body is optional; an empty one needs no Content-Type.
    if (request.get('Content-Length') !== '0') refuseOtherBodies(request, JSON_EXPECTED);
    const result = await this.sessions.runUpkeep(id, parseInput(api.upkeepInput, body ?? {}), query.view);
    response.status(result.requested ? 202 : 200);
    return result;
  }
}

/** Sets the status: 202 when a server has not received the change yet, otherwise 200. @returns the view, which is the answer */
function withStatus(response: Response, view: api.SessionAnswer): api.SessionAnswer {
  response.status(view.waitingFor?.kind === 'server' ? 202 : 200);
  return view;
}
