/** Formats sessions as text and follows them to their end or until their slots are settled. */
export {
  BAR_HEAD,
  barCells,
  digestText,
  metricsTable,
  qualityText,
  sessionsTable,
  sessionText,
  shortTime,
  waitingText,
} from './session-text.js';
export { END_STATES, watchToEnd, watchToSettled } from './watch-session.js';
