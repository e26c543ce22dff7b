/**
 * Turns the names of symbols in files into the symbols of a dataset: applies --symbol-map and --symbol-case. By default it refuses a
 * name that differs only in case from another one, because it cannot know whether both are one security: spy and SPY are, BACpB and
 * BACPB are not.
 */
import { SYMBOL_PATTERN, SYMBOL_WORDS } from '@barkeep/bars';

/** `guard` keeps names and refuses one that differs from a known one only in case; `keep` keeps both; `upper` converts to upper case. */
export type SymbolCase = 'guard' | 'keep' | 'upper';

/** The symbol for a name, or why the name is refused. */
export type ResolvedSymbol =
  { symbol: string } | { reason: 'bad-symbol' | 'symbol-case' | 'other-symbol'; detail: string };

/** At most this many names are cached with their result, and no longer ones than this. */
const [NAMES_MAX, NAME_LENGTH_MAX] = [200_000, 100];
/** Excel changes a symbol such as MAR1 to the date 1-Mar, and 1E5 to the number 1E+05. */
const EXCEL_SYMBOL = /^(\d{1,2}-(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)|\d(\.\d+)?E\+\d+)$/;
/**
 * What Excel, JSON, SQL, Python and JavaScript write for a missing value; and `ok`, the status in Finnhub's column `s`. NA and NAN are not
 * in the list, because they are tickers.
 */
const MISSING_SYMBOL = /^(#N\/A|null|NULL|None|nan|NaN|undefined|ok)$/;

/** True for a text that no symbol has: a missing value, a status, or a name such as `Apple Inc.`. */
export function isNoSymbol(text: string): boolean {
  return MISSING_SYMBOL.test(text) || !SYMBOL_PATTERN.test(text);
}

export class SymbolNames {
  readonly #results = new Map<string, ResolvedSymbol>();
  /** The symbols of the dataset and of the rows so far, by their lower-case form. */
  readonly #known = new Map<string, string>();
  /** The symbols of the dataset: an earlier import may have kept two that differ only in case. */
  readonly #stored = new Set<string>();

  /** @param map from names in files to symbols */
  constructor(
    private readonly symbolCase: SymbolCase = 'guard',
    private readonly map: ReadonlyMap<string, string> = new Map(),
  ) {}

  /**
   * Adds the symbols that the dataset has now: before the first row, and again before the rows are written, because another import may
   * have added some. @returns the first symbol of an earlier row that differs from one of them only in case; undefined when none does
   */
  know(stored: readonly string[]): [fromRow: string, stored: string] | undefined {
    this.#results.clear(); // a name may now differ in case from a stored symbol
    for (const symbol of stored) this.#stored.add(symbol);
    let clash: [string, string] | undefined;
    for (const symbol of stored) {
      const other = this.#known.get(symbol.toLowerCase()) ?? symbol;
      if (other !== symbol && !this.#stored.has(other)) clash ??= [other, symbol];
      this.#known.set(symbol.toLowerCase(), symbol);
    }
    return clash;
  }

  /** The symbol for a name in a file, or why the name is refused. */
  of(text: string): ResolvedSymbol {
    const cached = this.#results.get(text);
    if (cached !== undefined) return cached;
    const result = this.#resolve(text);
    if (this.#results.size < NAMES_MAX && text.length <= NAME_LENGTH_MAX) this.#results.set(text, result);
    return result;
  }

  #resolve(text: string): ResolvedSymbol {
    const mapped = this.map.get(text) ?? text;
    const symbol = this.symbolCase === 'upper' ? mapped.toUpperCase() : mapped;
    if (!SYMBOL_PATTERN.test(symbol)) {
      const detail = `expected ${SYMBOL_WORDS}, was "${symbol}"; --symbol-map FILE gives it another name`;
      return { reason: 'bad-symbol', detail };
    }
    const isMissing = MISSING_SYMBOL.test(symbol);
    if ((isMissing || EXCEL_SYMBOL.test(symbol)) && !this.map.has(text)) {
      const what = isMissing
        ? 'stands for a missing value or a status'
        : 'is what Excel makes of a symbol such as MAR1 or 1E5';
      return { reason: 'bad-symbol', detail: `"${symbol}" ${what}; --symbol-map FILE names the right one` };
    }
    if (this.symbolCase !== 'guard' || this.#stored.has(symbol)) return { symbol };
    const other = this.#known.get(symbol.toLowerCase());
    if (other !== undefined && other !== symbol) {
      const detail = `"${symbol}" differs only in case from "${other}": --symbol-case keep stores both, --symbol-case upper merges them`;
      return { reason: 'symbol-case', detail };
    }
    this.#known.set(symbol.toLowerCase(), symbol);
    return { symbol };
  }
}
