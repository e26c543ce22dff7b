/** Symbols that are added to or removed from a running session. */
export {
  updateSymbols,
  readSymbols,
  showJoined,
  SYMBOLS_KEY_FIELDS,
  symbolsKey,
  withMembership,
} from './membership.js';
