/** `/v1/sessions`: creating, listing and steering sessions. Says what HTTP adds; what happens is the lifecycle's. */
import { Body, Controller, Delete, Get, Headers, Inject, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import {
  CheckedQuery,
  createQuery,
  type CreateQuery,
  listQuery,
  type ListQuery,
  Operation,
  parseIdempotencyKey,
  QueryGuard,
  sessionExample,
  SessionIdPipe,
  sessionPageExample,
  specExample,
  viewQuery,
  type ViewQuery,
} from '../openapi/index.js';
import { ProblemError } from '../problems/index.js';
import { SessionLifecycle, type SessionPageView, type SessionView } from '../lifecycle/index.js';

const params = { id: 'lean-october' };
const session = { status: 200, description: 'the session', component: 'Session', example: sessionExample };
const accepted = {
  ...session,
  status: 202,
  description: 'the change is made; a server that could not be told follows',
};
const steering = {
  params,
  answers: [session, accepted],
  problems: ['unknown-session', 'wrong-state', 'unavailable'],
} as const;

@ApiTags('sessions')
@ApiSecurity('bearer')
@ApiSecurity('apiKey')
@UseGuards(QueryGuard)
@Controller('v1/sessions')
export class SessionsController {
  constructor(@Inject(SessionLifecycle) private readonly sessions: SessionLifecycle) {}

  @Post()
  @Operation({
    summary: 'Creates a session from a spec',
    description:
      'Safe to repeat with the same `id` or Idempotency-Key and the same spec: answers 200 with the session that is there.',
    query: createQuery,
    headers: {
      'Idempotency-Key': 'any word of 1 to 255 visible ASCII characters; the same key and spec give the same session',
    },
    body: { component: 'SessionSpec', example: specExample },
    answers: [
      { ...session, status: 201, description: 'created; Location names it' },
      { ...session, description: 'it was there already' },
    ],
    problems: [
      'invalid-input',
      'malformed-json',
      'session-conflict',
      'body-too-large',
      'unsupported-media-type',
      'unavailable',
    ],
  })
  async create(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @Body() body: unknown,
    @CheckedQuery() query: CreateQuery,
    @Headers('idempotency-key') key?: string,
  ): Promise<SessionView> {
    refuseOtherBodies(request);
    const idempotencyKey = parseIdempotencyKey(key);
    const { session: made, created } = await this.sessions.create(body, { start: query.start, idempotencyKey });
    response.status(created ? 201 : 200).location(`/v1/sessions/${encodeURIComponent(made.id)}`);
    return made;
  }

  @Get()
  @Operation({
    summary: 'Lists sessions, newest first',
    query: listQuery,
    answers: [{ status: 200, description: 'one page', component: 'SessionPage', example: sessionPageExample }],
    problems: ['invalid-input', 'unavailable'],
  })
  list(@CheckedQuery() query: ListQuery): Promise<SessionPageView> {
    return this.sessions.list(query);
  }

  @Get(':id')
  @Operation({
    summary: 'State, clock, progress and counts of a session',
    params,
    query: viewQuery,
    answers: [session],
    problems: ['invalid-input', 'unknown-session', 'unavailable'],
  })
  find(@Param('id', SessionIdPipe) id: string, @CheckedQuery() { view }: ViewQuery): Promise<SessionView> {
    return this.sessions.find(id, view);
  }

  @Post(':id/start')
  @Operation({ ...steering, summary: 'Starts a session, or goes on with a stopped one' })
  async start(
    @Param('id', SessionIdPipe) id: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SessionView> {
    return answer(response, await this.sessions.start(id));
  }

  @Post(':id/pause')
  @Operation({ ...steering, summary: 'Halts the clock' })
  async pause(
    @Param('id', SessionIdPipe) id: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SessionView> {
    return answer(response, await this.sessions.pause(id));
  }

  @Post(':id/resume')
  @Operation({ ...steering, summary: 'Goes on after a pause' })
  async resume(
    @Param('id', SessionIdPipe) id: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SessionView> {
    return answer(response, await this.sessions.resume(id));
  }

  @Post(':id/stop')
  @Operation({ ...steering, summary: 'Stops a session; what is stored stays readable' })
  async stop(
    @Param('id', SessionIdPipe) id: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SessionView> {
    return answer(response, await this.sessions.stop(id));
  }

  @Delete(':id')
  @Operation({
    summary: 'Stops a session and removes everything of it',
    params,
    answers: [{ status: 204, description: 'removed' }],
    problems: ['unknown-session', 'unavailable'],
  })
  remove(@Param('id', SessionIdPipe) id: string): Promise<void> {
    return this.sessions.remove(id);
  }

  @Post(':id/upkeep')
  @Operation({
    summary: 'Runs upkeep now: looks for gaps, fills them, derives again',
    params,
    answers: [
      { status: 202, description: 'asked for', component: 'Upkeep', example: { id: params.id, requested: true } },
    ],
    problems: ['unknown-session', 'wrong-state', 'unavailable'],
  })
  async upkeep(@Param('id', SessionIdPipe) id: string): Promise<{ id: string; requested: true }> {
    await this.sessions.runUpkeep(id);
    return { id, requested: true };
  }
}

/** 202 when a server that the session needs could not be told of the change yet. */
function answer(response: Response, view: SessionView): SessionView {
  response.status(view.waitingFor?.kind === 'server' ? 202 : 200);
  return view;
}

/** A body that is not JSON was not read; it must not look like none. */
function refuseOtherBodies(request: Request): void {
  if (request.is('json') !== false) return;
  const was = request.headers['content-type'] ?? 'none';
  throw new ProblemError('unsupported-media-type', `expected Content-Type application/json, was ${was}`);
}
