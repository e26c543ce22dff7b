/** The answer to one listener, in the format of server-sent events. A write waits while the buffer of the listener's socket is full. */
import { isoTime } from '@barkeep/api';
import * as store from '@barkeep/session-data';
import type { Response } from 'express';
import { once } from 'node:events';

/** Events are joined into texts of about this many characters; each text is one write. */
const CHUNK_CHARS = 16_384;

export class EventOutput {
  /** When something was last sent, in `performance.now()` time. */
  private sentAt = 0;

  /**
   * @param types the types of events to send; undefined for all
   * @param signal aborted when the listener disconnects or the service stops: then every method throws
   */
  constructor(
    private readonly response: Response,
    private readonly view: store.View,
    private readonly types: ReadonlySet<store.SessionEventType> | undefined,
    readonly signal: AbortSignal,
  ) {}

  /** Begins the stream. A listener that disconnects before its first event reconnects with this cursor. */
  begin(cursor: store.EventCursor): Promise<void> {
    return this.write(`retry: 1000\nid: ${store.encodeCursor(cursor, this.view)}\n\n`);
  }

  async events(events: readonly store.CursoredEvent[]): Promise<void> {
    let text = '';
    for (const { event, cursor } of events) {
      if (this.types && !this.types.has(event.type)) continue;
      text += eventText(event, cursor, this.view);
      if (text.length < CHUNK_CHARS) continue;
      await this.write(text);
      text = '';
    }
    if (text !== '') await this.write(text);
  }

  /** Says that events before the next one were trimmed. */
  gap(): Promise<void> {
    return this.write('event: gap\ndata: {}\n\n');
  }

  /** Sends the state of a session without a store. The event has no id, because it is not in the store. */
  state(state: 'deleted' | 'lost'): Promise<void> {
    return this.write(`event: state\ndata: ${JSON.stringify({ at: isoTime(Date.now()), state })}\n\n`);
  }

  /** Sends a comment with the cursor, when nothing was sent for `silentMs`. */
  async keepAlive(cursor: store.EventCursor, silentMs: number): Promise<void> {
    if (performance.now() - this.sentAt < silentMs) return;
    await this.write(`: keep-alive\nid: ${store.encodeCursor(cursor, this.view)}\n\n`);
  }

  private async write(text: string): Promise<void> {
    this.signal.throwIfAborted();
    if (!this.response.write(text)) await once(this.response, 'drain', { signal: this.signal });
    this.sentAt = performance.now();
  }
}

/** One event; its id is the cursor after it. */
export function eventText(event: store.SessionEvent, cursor: store.EventCursor, view: store.View): string {
  return `id: ${store.encodeCursor(cursor, view)}\nevent: ${event.type}\ndata: ${JSON.stringify(eventView(event))}\n\n`;
}

/** The fields of an event without its type; times are ISO 8601. */
export function eventView(event: store.SessionEvent): Record<string, unknown> {
  const isTime = (name: string) => name === 'at' || store.EVENT_TIME_FIELDS.has(name);
  const view = (name: string, value: unknown) => (isTime(name) && typeof value === 'number' ? isoTime(value) : value);
  const { type: _, ...fields } = event;
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, view(name, value)]));
}
