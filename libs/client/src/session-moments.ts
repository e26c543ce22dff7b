/** Reads the events of a session from its store, and waits for its states. */
import {
  decodeCursor,
  encodeCursor,
  EVENTS_BEGINNING,
  SessionEvents,
  type EventCursor,
  type EventSource,
  type SessionEvent,
  type SessionEventType,
} from '@barkeep/session-data';
import type { Redis } from 'ioredis';
import { Outage, retryOutages } from './outage.js';

/** Events of every partition but the first are read at most this much later, ms. */
const BLOCK_MS = 250;
const POLL_MS = 5_000;

/** Which events are read, and where reading starts. */
export interface EventOptions {
  /** The types to read. @default all */
  types?: readonly SessionEventType[];
  /** `now`, `beginning` (the oldest retained event), or the `cursor` of an event: reads the events after it. @default 'now' */
  from?: string;
  /** Ends the loop by throwing the signal's reason. */
  signal?: AbortSignal;
}

/** The position of an event in its session's stream. */
export interface EventPlace {
  /** Pass it as `from` to read the events after this one. */
  cursor: string;
}

/** Emitted where events were trimmed before they were read. */
export interface EventGap {
  /** Marks the gap. */
  type: 'gap';
}

/** An event of a session, or a gap between two events, with its position. */
export type SessionMoment = (SessionEvent | EventGap) & EventPlace;

/** The text of `from` is not a cursor. */
export class EventCursorError extends Error {
  override readonly name = 'EventCursorError';
  constructor(
    /** What was given. */
    readonly from: string,
  ) {
    super(`from: expected "now", "beginning" or the cursor of an event, was ${JSON.stringify(from)}`);
  }
}

/**
 * Reads events without end.
 * @param redis a connection that serves only this iterator: its reads block
 * @param signal what ends the iterator
 * @throws EventCursorError, SessionLostError when the session is removed, SessionRedisAwayError
 */
export async function* momentsOf(
  redis: Redis,
  session: EventSource,
  { types, from = 'now' }: EventOptions,
  signal?: AbortSignal,
): AsyncGenerator<SessionMoment, never, undefined> {
  const events = new SessionEvents(redis, session);
  const wanted = types && new Set<string>(types);
  const outage = new Outage(redis, session.layout.id);
  let cursor = await retryOutages(outage, async () => cursorOf(events, from), signal);
  for (;;) {
    signal?.throwIfAborted();
    const batch = await retryOutages(outage, () => events.read(cursor, { blockMs: BLOCK_MS }), signal);
    if (batch.gap) yield { type: 'gap', cursor: encodeCursor(cursor) };
    for (const { event, cursor: at } of batch.events) {
      if (!wanted || wanted.has(event.type)) yield { ...event, cursor: encodeCursor(at) };
    }
    ({ cursor } = batch);
  }
}

/**
 * Calls `check` now and after every `state` event, until it returns a value. Also calls it every 5 seconds: a coordinator
 * may crash between the change of a state and its event.
 * @param redis a connection that serves only this call: its reads block
 * @throws SessionLostError when the session is removed, SessionRedisAwayError, the signal's reason, and what `check` throws
 */
export async function waitForState<T>(
  redis: Redis,
  session: EventSource,
  check: () => Promise<T | undefined>,
  signal?: AbortSignal,
): Promise<T> {
  const events = new SessionEvents(redis, session);
  const outage = new Outage(redis, session.layout.id);
  let cursor = await retryOutages(outage, () => events.now(), signal);
  for (;;) {
    signal?.throwIfAborted();
    const result = await check();
    if (result !== undefined) return result;
    const nextCheck = Date.now() + POLL_MS;
    for (let isChanged = false; !isChanged && Date.now() < nextCheck;) {
      signal?.throwIfAborted();
      const batch = await retryOutages(outage, () => events.read(cursor, { blockMs: BLOCK_MS }), signal);
      ({ cursor } = batch);
      isChanged = batch.gap || batch.events.some(({ event }) => event.type === 'state');
    }
  }
}

function cursorOf(events: SessionEvents, from: string): Promise<EventCursor> | EventCursor {
  if (from === 'now') return events.now();
  const cursor = from === 'beginning' ? EVENTS_BEGINNING : decodeCursor(from);
  if (!cursor) throw new EventCursorError(from);
  return cursor;
}
