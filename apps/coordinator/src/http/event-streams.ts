/**
 * Sends the events of sessions to whoever listens, as server-sent events. A listener that reads slowly is read for slowly:
 * nothing is fetched while its socket's buffer is full, so that a stalled one costs one batch. All listeners of the process
 * look for news at the same moments, so that those at one place share a read. Ends all when the service stops.
 */
import { once } from 'node:events';
import {
  encodeCursor,
  EVENT_TIME_FIELDS,
  type CursoredEvent,
  type EventCursor,
  type SessionEvent,
  type SessionEventType,
  type View,
} from '@barkeep/session-data';
import type { Response } from 'express';
import type { EventFeed } from '../lifecycle/index.js';
import { isoTime } from '../openapi/index.js';

/** How often new events are looked for, ms. */
const LOOK_EVERY_MS = 100;
/** How often a session is looked for whose store is not there (yet), ms. */
const LOOK_FOR_STORE_MS = 500;
const KEEP_ALIVE_MS = 15_000;
/** Characters that are written at once, about. */
const CHUNK_CHARS = 16_384;

export class EventStreams {
  private readonly ended = new AbortController();
  private tick: Promise<void> | undefined;

  /** Ends every stream, and those that would still begin. */
  stop(): void {
    this.ended.abort(new Error('the service is stopping'));
  }

  get stopping(): boolean {
    return this.ended.signal.aborted;
  }

  /**
   * Sends events from a cursor on until the listener goes, the session is deleted or the service stops.
   * @param types those that are sent; all when undefined
   */
  async send(
    response: Response,
    feed: EventFeed,
    from: EventCursor,
    types: ReadonlySet<SessionEventType> | undefined,
  ): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.ended.signal]);
    response.status(200).set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
    });
    response.flushHeaders();
    try {
      await this.follow(response, feed, from, types, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      response.end();
    }
  }

  private async follow(
    response: Response,
    feed: EventFeed,
    from: EventCursor,
    types: ReadonlySet<SessionEventType> | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    let cursor = from;
    let isLostSaid = false;
    // Whoever reads nothing but this goes on from here.
    await write(response, `retry: 1000\nid: ${encodeCursor(cursor, feed.view)}\n\n`, signal);
    let writtenAt = Date.now();
    for (;;) {
      signal.throwIfAborted();
      const answer = await feed.read(cursor);
      let count = 0;
      if ('noStore' in answer) {
        if (answer.noStore === 'deleted') return write(response, stateMessage('deleted'), signal);
        if (answer.noStore === 'lost' && !isLostSaid) await write(response, stateMessage('lost'), signal);
        isLostSaid = answer.noStore === 'lost';
      } else {
        isLostSaid = false;
        if (answer.gap) await write(response, 'event: gap\ndata: {}\n\n', signal);
        for (const text of messages(answer.events, types, feed.view)) await write(response, text, signal);
        count = answer.events.length;
        cursor = answer.cursor;
      }
      if (count > 0) writtenAt = Date.now();
      else if (Date.now() - writtenAt >= KEEP_ALIVE_MS) {
        await write(response, `: keep-alive\nid: ${encodeCursor(cursor, feed.view)}\n\n`, signal);
        writtenAt = Date.now();
      }
      if (count === 0) await this.next();
      if ('noStore' in answer) await pause(LOOK_FOR_STORE_MS, signal);
    }
  }

  /** The next moment at which news are looked for; one timer for all who wait. */
  private next(): Promise<void> {
    return (this.tick ??= pause(LOOK_EVERY_MS, this.ended.signal).finally(() => (this.tick = undefined)));
  }
}

/** Resolves after `ms`, or when the signal is aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}

/** Writes, and waits until the listener has room again. @throws when it goes meanwhile */
async function write(response: Response, text: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!response.write(text)) await once(response, 'drain', { signal });
}

/** Events as text, several at a time. */
function* messages(events: readonly CursoredEvent[], types: ReadonlySet<SessionEventType> | undefined, view: View) {
  let text = '';
  for (const { event, cursor } of events) {
    if (types && !types.has(event.type)) continue;
    text += message(event, cursor, view);
    if (text.length < CHUNK_CHARS) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}

/** One event as it is sent. */
export function message(event: SessionEvent, cursor: EventCursor, view: View = 'strategy'): string {
  return `id: ${encodeCursor(cursor, view)}\nevent: ${event.type}\ndata: ${JSON.stringify(eventView(event))}\n\n`;
}

/** A state that no store can say. */
function stateMessage(state: 'deleted' | 'lost'): string {
  return `event: state\ndata: ${JSON.stringify({ at: isoTime(Date.now()), state })}\n\n`;
}

/** The fields of an event, its times as ISO 8601. */
export function eventView(event: SessionEvent): Record<string, unknown> {
  const isTime = (name: string) => name === 'at' || EVENT_TIME_FIELDS.has(name);
  return Object.fromEntries(
    Object.entries(event).flatMap(([name, value]) =>
      name === 'type' ? [] : [[name, isTime(name) && typeof value === 'number' ? isoTime(value) : value]],
    ),
  );
}
