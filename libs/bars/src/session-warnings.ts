/** The texts of a session's warnings that programs recognize as well as people. Pure. */

/** Most symbols that a warning names. */
const NAMES_MAX = 20;
const UNKNOWN_SYMBOLS = 'no dataset of the session has a bar of';

/** The warning of symbols that no dataset of a session has a bar of. @param symbols at least one */
export function unknownSymbolsWarning(symbols: readonly string[]): string {
  const named = symbols.slice(0, NAMES_MAX).join(', ') + (symbols.length > NAMES_MAX ? ' …' : '');
  return `${UNKNOWN_SYMBOLS} ${symbols.length === 1 ? 'symbol' : 'symbols'} ${named}`;
}

/** Whether a session's warning is one of {@link unknownSymbolsWarning}. */
export function isUnknownSymbolsWarning(warning: string): boolean {
  return warning.startsWith(UNKNOWN_SYMBOLS);
}
