/** A session's event stream: which events are emitted, and how they are published and read. */
export * from './clock-events.js';
export * from './event-types.js';
export * from './publish.js';
export * from './session-events.js';
