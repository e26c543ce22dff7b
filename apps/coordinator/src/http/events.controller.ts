/** `/v1/sessions/{id}/events`: the events of a session, as server-sent events. */
import { eventStreamExample, eventsQuery, lastEventIdHeader } from '@barkeep/api';
import { Inject, Logger, Res } from '@nestjs/common';
import { decodeCursor, type EventCursor, type View } from '@barkeep/session-data';
import { shown } from '@barkeep/bars';
import { errorText, STOP_ORDER } from '@barkeep/service';
import type { Response } from 'express';
import { EventStreams } from './event-streams.js';
import { ApiController, type Call, Called, componentRef, Operation } from '../openapi/index.js';
import { ProblemError, wrongField } from '../problems.js';
import { SessionService } from '../lifecycle/index.js';
import { APP_CONTEXT, type AppContext } from '../runtime.js';

/** `Events` describes the data of each event type. */
const EVENT_STREAM = { type: 'string', contentMediaType: 'text/event-stream', contentSchema: componentRef('Events') };

@ApiController('data')
export class EventsController {
  private readonly logger = new Logger(EventsController.name);
  private readonly streams = new EventStreams();

  constructor(
    @Inject(SessionService) private readonly sessions: SessionService,
    @Inject(APP_CONTEXT) { stop }: AppContext,
  ) {
    // Event streams stop first, so that their listeners reconnect to another coordinator at once.
    stop.onStop('event streams', STOP_ORDER.accepting, () => this.streams.stop());
  }

  @Operation('GET', 'v1/sessions/:id/events', {
    summary: 'The events of a session, as server-sent events',
    description:
      'Begins with new events, or with the oldest that is retained (`from=beginning`). With `Last-Event-ID` it continues after that ' +
      'event, on any coordinator. An event `gap` says that events before the next one were trimmed. A comment comes at least every ' +
      '15 s. The stream ends after the `state` `deleted` and when the service stops: then connect again with the last id.',
    query: eventsQuery,
    headers: { 'Last-Event-ID': lastEventIdHeader },
    answer: {
      description: 'the events',
      schema: EVENT_STREAM,
      mediaType: 'text/event-stream',
      example: eventStreamExample,
    },
    problems: ['unknown-calendar', 'not-ready'],
  })
  async events(
    @Called() { id, query, request }: Call<typeof eventsQuery>,
    @Res() response: Response, // so that Nest sends no answer
  ): Promise<void> {
    const { from, types, view } = query;
    if (this.streams.stopping) throw new ProblemError('not-ready', 'the service is stopping');
    const lastEventId = request.get('Last-Event-ID');
    const reader = await this.sessions.events(id, view);
    const cursor = lastEventId ? cursorOf(lastEventId, view) : await reader.begin(from);
    try {
      await this.streams.send(response, reader, cursor, types);
    } catch (error) {
      // The headers are sent, so no problem can be answered. The stream has ended, and the listener reconnects.
      this.logger.warn({ session: id, error: errorText(error) }, 'events ended');
    }
  }
}

/** The cursor of a Last-Event-ID header. @throws WrongFieldsError */
function cursorOf(text: string, view: View): EventCursor {
  const cursor = decodeCursor(text, view);
  if (cursor) return cursor;
  throw wrongField('Last-Event-ID', 'the id of an event of this view', shown(text));
}
