/** A session's event stream: which events are emitted, and how they are published and read. */
export { type ClockEvent, type ClockPlace, eventNumber, placesFrom } from './clock-events.js';
export {
  countFields,
  EVENT_TIME_FIELDS,
  isEventType,
  parseEvent,
  SESSION_EVENT_TYPES,
  type SessionEvent,
  type SessionEventType,
} from './event-types.js';
export {
  type CursoredEvent,
  decodeCursor,
  encodeCursor,
  type EventBatch,
  type EventCursor,
  EVENTS_BEGINNING,
  type EventSource,
  SessionEvents,
} from './session-events.js';
export { emitState, ERROR_CHARS_MAX, EVENTS_KEPT, publishEvents, publishReached, runAndPublish } from './publish.js';
