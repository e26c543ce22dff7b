/** A session's event stream: which events are emitted, and how they are published and read. */
export * from './clock-events.js';
export { decodeCursor, encodeCursor, type EventCursor, EVENTS_BEGINNING, FIRST_ID } from './event-cursor.js';
export * from './event-types.js';
export * from './publish.js';
export * from './session-events.js';
