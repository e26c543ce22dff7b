/** The states of a session, as in the API and in the session's row, and a warning that programs recognize by its text. Pure. */

/** Every state, in the order in which a session usually meets them. */
export const SESSION_STATES = [
  'created',
  'running',
  'paused',
  'waiting-upkeep',
  'completed',
  'stopped',
  'failed',
  'lost',
] as const;
export type SessionState = (typeof SESSION_STATES)[number];

/** A warning names at most this many symbols. */
const NAMES_MAX = 20;
/** The start of the warning, by which programs recognize it. */
const UNKNOWN_SYMBOLS = 'no dataset of the session has a bar of';

/** The warning about symbols for which no dataset of a session has a bar. @param symbols at least one */
export function unknownSymbolsWarning(symbols: readonly string[]): string {
  const named = symbols.slice(0, NAMES_MAX).join(', ') + (symbols.length > NAMES_MAX ? ' …' : '');
  return `${UNKNOWN_SYMBOLS} ${symbols.length === 1 ? 'symbol' : 'symbols'} ${named}`;
}

/** Whether a session's warning is one of {@link unknownSymbolsWarning}. */
export function isUnknownSymbolsWarning(warning: string): boolean {
  return warning.startsWith(UNKNOWN_SYMBOLS);
}
