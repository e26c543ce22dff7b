/** Formats sessions as text and follows them to their end or until their slots are settled. */
export * from './session-text.js';
export * from './watch-session.js';
