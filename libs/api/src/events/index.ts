/** The events of a session. */
export * from './event.js';
