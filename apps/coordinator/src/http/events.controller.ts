/** `/v1/sessions/{id}/events`: what happens in a session, as server-sent events. */
import { Controller, Get, Headers, Inject, Logger, Param, Res, UseGuards } from '@nestjs/common';
import { decodeCursor, type EventCursor, type View } from '@barkeep/session-data';
import { shown } from '@barkeep/bars';
import { ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { EventStreams } from './event-streams.js';
import {
  CheckedQuery,
  eventsQuery,
  type EventsQuery,
  eventStreamExample,
  Operation,
  QueryGuard,
  SessionIdPipe,
} from '../openapi/index.js';
import { InvalidInputError, ProblemError } from '../problems/index.js';
import { SessionLifecycle } from '../lifecycle/index.js';

@ApiTags('data')
@ApiSecurity('bearer')
@ApiSecurity('apiKey')
@UseGuards(QueryGuard)
@Controller('v1/sessions/:id/events')
export class EventsController {
  private readonly logger = new Logger(EventsController.name);

  constructor(
    @Inject(SessionLifecycle) private readonly sessions: SessionLifecycle,
    @Inject(EventStreams) private readonly streams: EventStreams,
  ) {}

  @Get()
  @Operation({
    summary: 'What happens in a session, as server-sent events',
    description:
      'Begins with what is said from now on, or with the oldest that is kept (`from=beginning`); with `Last-Event-ID` it goes on after ' +
      'that event, whichever service answers. An event `gap` says that events before the next were trimmed. A comment comes at least ' +
      'every 15 s. Ends after the `state` `deleted`, and when the service stops: connect again with the last id.',
    params: { id: 'lean-october' },
    query: eventsQuery,
    headers: { 'Last-Event-ID': 'the id of the last event that was received; goes before `from`' },
    answers: [
      {
        status: 200,
        description: 'the events',
        schema: { type: 'string' },
        mediaType: 'text/event-stream',
        example: eventStreamExample,
      },
    ],
    problems: ['invalid-input', 'unknown-session', 'unknown-calendar', 'not-ready', 'unavailable'],
  })
  async events(
    @Param('id', SessionIdPipe) id: string,
    @CheckedQuery() { from, types, view }: EventsQuery,
    @Res() response: Response,
    @Headers('last-event-id') lastEventId?: string,
  ): Promise<void> {
    if (this.streams.stopping) throw new ProblemError('not-ready', 'the service is stopping');
    const feed = await this.sessions.events(id, view);
    const cursor = lastEventId ? cursorOf(lastEventId, view) : await feed.begin(from);
    try {
      await this.streams.send(response, feed, cursor, types);
    } catch (error) {
      // The answer has begun: nothing more can be said but its end, and whoever listens comes back.
      this.logger.warn({ session: id, error: error instanceof Error ? error.message : String(error) }, 'events ended');
    }
  }
}

function cursorOf(text: string, view: View): EventCursor {
  const cursor = decodeCursor(text, view);
  if (cursor) return cursor;
  throw new InvalidInputError([
    { field: 'Last-Event-ID', expected: 'the id of an event of this view', was: shown(text) },
  ]);
}
