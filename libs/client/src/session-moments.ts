/**
 * The events of a session as an iterator, straight from its store: from now on, from the oldest that is kept, or from where
 * an earlier iterator was. Says so when events were trimmed before they were read.
 */
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
import { Outage, throughOutages } from './outage/index.js';

/** Events of other partitions than the first are seen so much later at most, ms. */
const BLOCK_MS = 250;
const LOOK_UNASKED_MS = 5_000;

/** Which events, and from where on. */
export interface EventOptions {
  /** Those that are wanted. @default all */
  types?: readonly SessionEventType[];
  /** `now`, `beginning` (the oldest that is kept), or the `cursor` of an event: goes on after it. @default 'now' */
  from?: string;
  /** Ends the loop by throwing the signal's reason. */
  signal?: AbortSignal;
}

/** Where an event stands among all of its session. */
export interface EventPlace {
  /** What to go on from: the next event that is read is the one after it. */
  cursor: string;
}

/** Says that events before the next one were trimmed before they were read. */
export interface EventGap {
  /** In place of an event's. */
  type: 'gap';
}

/** An event of a session with its place, or a gap between two. */
export type SessionMoment = (SessionEvent | EventGap) & EventPlace;

/** The text of `from` is no cursor. */
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
 * Reads events for ever.
 * @param redis a connection that is used for nothing else
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
  let cursor = await throughOutages(outage, async () => cursorOf(events, from), signal);
  for (;;) {
    signal?.throwIfAborted();
    const batch = await throughOutages(outage, () => events.read(cursor, { blockMs: BLOCK_MS }), signal);
    if (batch.gap) yield { type: 'gap', cursor: encodeCursor(cursor) };
    for (const { event, cursor: at } of batch.events) {
      if (!wanted || wanted.has(event.type)) yield { ...event, cursor: encodeCursor(at) };
    }
    ({ cursor } = batch);
  }
}

/**
 * Looks, and again whenever the session's state is said, until something is found; now and then also unasked, for whoever
 * changes a state may die before it is said.
 * @param redis a connection that is used for nothing else
 * @throws SessionLostError when the session is removed, SessionRedisAwayError, the signal's reason, and what `look` throws
 */
export async function whenSaid<T>(
  redis: Redis,
  session: EventSource,
  look: () => Promise<T | undefined>,
  signal?: AbortSignal,
): Promise<T> {
  const events = new SessionEvents(redis, session);
  const outage = new Outage(redis, session.layout.id);
  let cursor = await throughOutages(outage, () => events.now(), signal);
  for (;;) {
    signal?.throwIfAborted();
    const found = await look();
    if (found !== undefined) return found;
    const lookAt = Date.now() + LOOK_UNASKED_MS;
    for (let isSaid = false; !isSaid && Date.now() < lookAt;) {
      signal?.throwIfAborted();
      const batch = await throughOutages(outage, () => events.read(cursor, { blockMs: BLOCK_MS }), signal);
      ({ cursor } = batch);
      isSaid = batch.gap || batch.events.some(({ event }) => event.type === 'state');
    }
  }
}

function cursorOf(events: SessionEvents, from: string): Promise<EventCursor> | EventCursor {
  if (from === 'now') return events.now();
  const cursor = from === 'beginning' ? EVENTS_BEGINNING : decodeCursor(from);
  if (!cursor) throw new EventCursorError(from);
  return cursor;
}
