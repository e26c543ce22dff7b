/** The session spec: its schema, its checks, and the problems that they report. */
export {
  HISTORY_DAYS_MAX,
  SESSION_ID_PATTERN,
  type SessionSpec,
  sessionSpecSchema,
  SYMBOL_PATTERN,
  SYMBOL_WORDS,
  SYMBOLS_MAX,
  type UpkeepDefaults,
} from './schema.js';
export * from './session-spec.js';
