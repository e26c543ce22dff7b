/** Formats sessions as text and follows them to their end. */
export { digestText, metricsTable, qualityText, sessionsTable, sessionText, shortTime } from './session-text.js';
export { ENDED, watchToEnd, watchToSettled } from './watch-session.js';
