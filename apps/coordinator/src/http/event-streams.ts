/**
 * Sends the events of sessions to listeners, as server-sent events. While the buffer of a listener's socket is full, nothing more is
 * read for it, so a stalled listener takes the memory of one batch, until it is disconnected. All listeners of the process poll at
 * the same moments, so that listeners at the same cursor share a read. Ends all streams when the service stops.
 */
import { isoTime } from '@barkeep/api';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
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
import type { EventReader } from '../lifecycle/index.js';
import { beginStreamedAnswer, STALLED_MS } from './streamed-answer.js';

/** How often listeners poll for new events, ms. */
const POLL_EVERY_MS = 100;
/** How often a listener polls a session that has no store, because it has not started or is lost, ms. */
const POLL_FOR_STORE_MS = 500;
/** A comment is sent when nothing was sent for this long, ms. */
const KEEP_ALIVE_MS = 15_000;
/** Events are joined into texts of about this many characters; each text is one write. */
const CHUNK_CHARS = 16_384;

/** The listener stopped reading, or its machine is gone. When it connects again, it continues after its last event. */
export class StalledListenerError extends Error {
  override readonly name = 'StalledListenerError';
  constructor(ms: number) {
    super(`expected the listener to read within ${ms / 1000} s, was stalled`);
  }
}

export class EventStreams {
  private readonly ended = new AbortController();
  /** The next poll, while listeners wait for it. */
  private poll: Promise<void> | undefined;

  constructor(
    private readonly keepAliveMs = KEEP_ALIVE_MS,
    private readonly stalledMs = STALLED_MS,
  ) {}

  /** Ends every stream, also those that begin later. */
  stop(): void {
    this.ended.abort(new Error('the service is stopping'));
  }

  get stopping(): boolean {
    return this.ended.signal.aborted;
  }

  /**
   * Sends the events after a cursor until the listener disconnects, the session is deleted or the service stops.
   * @param types the types of events to send; undefined for all
   * @throws StalledListenerError, or any error of the reader; the answer has ended then
   */
  async send(
    response: Response,
    reader: EventReader,
    from: EventCursor,
    types: ReadonlySet<SessionEventType> | undefined,
  ): Promise<void> {
    const isBegun = beginStreamedAnswer(response, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
    });
    if (!isBegun) return;
    const { stalledMs } = this;
    const disconnected = new AbortController();
    response.once('close', () => disconnected.abort());
    response.setTimeout(stalledMs, () => {
      disconnected.abort(new StalledListenerError(stalledMs));
      response.destroy();
    });
    const signal = AbortSignal.any([disconnected.signal, this.ended.signal]);
    try {
      await this.follow(response, reader, from, types, signal);
    } catch (error) {
      if (signal.reason instanceof StalledListenerError) throw signal.reason;
      if (!signal.aborted) throw error;
    } finally {
      response.end();
    }
  }

  /** Sends events until the signal is aborted or the session is deleted. */
  private async follow(
    response: Response,
    reader: EventReader,
    from: EventCursor,
    types: ReadonlySet<SessionEventType> | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    let cursor = from;
    let isLostSent = false; // whether the listener knows that the session has no store any more
    let sentAt = 0;
    const send = async (text: string) => {
      await write(response, text, signal);
      sentAt = performance.now();
    };
    // A listener that disconnects before its first event reconnects with this cursor.
    await send(`retry: 1000\nid: ${encodeCursor(cursor, reader.view)}\n\n`);
    for (;;) {
      signal.throwIfAborted();
      const result = await reader.read(cursor);
      if ('noStore' in result) {
        if (result.noStore === 'deleted') return send(stateMessage('deleted'));
        if (result.noStore === 'lost' && !isLostSent) await send(stateMessage('lost'));
        isLostSent = result.noStore === 'lost';
      } else {
        isLostSent = false;
        if (result.areTrimmed) await send('event: gap\ndata: {}\n\n');
        for (const text of messages(result.events, types, reader.view)) await send(text);
        cursor = result.cursor;
      }
      if (performance.now() - sentAt >= this.keepAliveMs)
        await send(`: keep-alive\nid: ${encodeCursor(cursor, reader.view)}\n\n`);
      // There may be more events: without a pause a listener catches up fast.
      if ('events' in result && result.events.length > 0) continue;
      // Without a store the listener waits longer, and then joins the shared poll again.
      if ('noStore' in result) await pause(POLL_FOR_STORE_MS, signal);
      await this.nextPoll();
    }
  }

  /** Resolves at the next poll; all waiting listeners share one timer. */
  private nextPoll(): Promise<void> {
    return (this.poll ??= pause(POLL_EVERY_MS, this.ended.signal).finally(() => (this.poll = undefined)));
  }
}

/** Resolves after `ms`, or when the signal is aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal }).catch(() => undefined);
}

/** Writes a text, and waits while the listener's buffer is full. @throws when the listener disconnects meanwhile */
async function write(response: Response, text: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!response.write(text)) await once(response, 'drain', { signal });
}

/** The events of the given types as texts, several events per text. */
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

/** One event in the format of server-sent events; its id is the cursor after it. */
export function message(event: SessionEvent, cursor: EventCursor, view: View = 'strategy'): string {
  return `id: ${encodeCursor(cursor, view)}\nevent: ${event.type}\ndata: ${JSON.stringify(eventView(event))}\n\n`;
}

/** The state event of a session without a store. It has no id, because it is not in the store. */
function stateMessage(state: 'deleted' | 'lost'): string {
  return `event: state\ndata: ${JSON.stringify({ at: isoTime(Date.now()), state })}\n\n`;
}

/** The fields of an event without its type; times are ISO 8601. */
export function eventView(event: SessionEvent): Record<string, unknown> {
  const isTime = (name: string) => name === 'at' || EVENT_TIME_FIELDS.has(name);
  const view = (name: string, value: unknown) => (isTime(name) && typeof value === 'number' ? isoTime(value) : value);
  const { type: _, ...fields } = event;
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, view(name, value)]));
}
