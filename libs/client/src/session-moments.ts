/** Reads the events of a session from its store, and waits until the session is in a wanted state. */
import { shown } from '@barkeep/bars';
import {
  decodeCursor,
  encodeCursor,
  EVENTS_BEGINNING,
  SessionEvents,
  STRATEGY_EVENT_TYPES,
} from '@barkeep/session-data';
import type { EventSource, SessionEvent, SessionEventType } from '@barkeep/session-data';
import type { Redis } from 'ioredis';
import { ArgumentError } from './errors.js';
import { Outage, retryOutages } from './outage.js';

/** How long a read blocks, ms. Only an event of partition 0 ends it earlier; events of other partitions wait for the next read. */
const BLOCK_MS = 250;
/** The longest time between two checks of a state, ms. */
const CHECK_MS = 5_000;

/** Which events are read, and where reading starts. */
export interface EventOptions {
  /** The types of events to read. A type that only operators get is an error. @default all other types */
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

/** Takes the place of events that were trimmed before they were read. */
export interface EventGap {
  /** Distinguishes a gap from an event. */
  type: 'gap';
}

/** An event of a session, or a gap between two events, with its position. */
export type SessionMoment = (SessionEvent | EventGap) & EventPlace;

/** The value of `from` is neither `now`, `beginning` nor a cursor. */
export class EventCursorError extends Error {
  override readonly name = 'EventCursorError';
  constructor(
    /** What was given. */
    readonly from: string,
  ) {
    super(`from: expected "now", "beginning" or the cursor of an event, was ${shown(from)}`);
  }
}

/** The checked options; without `types` all types are read. */
type EventSelection = ReturnType<typeof eventSelection>;

/** Checks the options, so that a wrong one is an error before anything is awaited. @throws ArgumentError, EventCursorError */
export function eventSelection({ types, from = 'now' }: EventOptions) {
  // A program in JavaScript may pass one type, or a place that is no text.
  const [isList, isText]: boolean[] = [Array.isArray(types), typeof from === 'string'];
  if (types && (!isList || types.length === 0 || !types.every((type) => STRATEGY_EVENT_TYPES.includes(type)))) {
    throw new ArgumentError('types', `one or more of ${STRATEGY_EVENT_TYPES.join(', ')}`, types);
  }
  const cursor = from === 'beginning' ? EVENTS_BEGINNING : decodeCursor(isText ? from : '');
  if (from !== 'now' && !cursor) throw new EventCursorError(from);
  return { types: types && new Set<string>(types), from: cursor ?? ('now' as const) };
}

/**
 * Reads events, and waits for new ones, until the signal is aborted or an error occurs.
 * @param redis a connection that serves only this iterator: its reads block
 * @param signal ends the iterator
 * @throws SessionLostError when the session is removed, SessionRedisAwayError
 */
export async function* momentsOf(
  redis: Redis,
  session: EventSource,
  { types, from }: EventSelection,
  signal: AbortSignal,
): AsyncGenerator<SessionMoment, never, undefined> {
  const events = new SessionEvents(redis, session);
  const outage = new Outage(redis, session.layout.id);
  let cursor = from === 'now' ? await retryOutages(outage, () => events.now(), signal) : from;
  for (;;) {
    signal.throwIfAborted();
    const batch = await retryOutages(outage, () => events.read(cursor, { blockMs: BLOCK_MS }), signal);
    // The lost events are between this cursor and the first event of the batch.
    if (batch.areTrimmed) yield { type: 'gap', cursor: encodeCursor(cursor) };
    for (const { event, cursor: eventCursor } of batch.events) {
      if (!types || types.has(event.type)) yield { ...event, cursor: encodeCursor(eventCursor) };
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
  signal: AbortSignal,
): Promise<T> {
  const events = new SessionEvents(redis, session);
  const outage = new Outage(redis, session.layout.id);
  // Before the first check, so that no event after the check is missed.
  let cursor = await retryOutages(outage, () => events.now(), signal);
  let nextCheck = -Infinity;
  for (;;) {
    signal.throwIfAborted();
    if (Date.now() >= nextCheck) {
      const result = await check();
      if (result !== undefined) return result;
      nextCheck = Date.now() + CHECK_MS;
    }
    const batch = await retryOutages(outage, () => events.read(cursor, { blockMs: BLOCK_MS }), signal);
    ({ cursor } = batch);
    // The trimmed events of a gap may have been `state` events.
    if (batch.areTrimmed || batch.events.some(({ event }) => event.type === 'state')) nextCheck = -Infinity;
  }
}
