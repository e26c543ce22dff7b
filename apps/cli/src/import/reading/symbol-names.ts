/**
 * Turns the names of files into symbols: applies the user's map and the choice of case, and refuses a name that differs
 * only in case from another one, since BACpB and BACPB are two companies. Holds the names of one import.
 */
import { SYMBOL_PATTERN, SYMBOL_WORDS } from '@barkeep/bars';

/**
 * `guard` keeps the case of a file and refuses a name that differs from a known one only in case; `keep` keeps both;
 * `upper` makes upper case of all.
 */
export type SymbolCase = 'guard' | 'keep' | 'upper';

type SymbolName = { symbol: string } | { reason: 'bad-symbol' | 'symbol-case'; detail: string };

const NAMES_MAX = 200_000;
/** Excel takes some symbols for dates and numbers. */
const EXCEL_SYMBOL = /^(\d{1,2}-(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)|\d(\.\d+)?E\+\d+)$/;

export class SymbolNames {
  readonly #results = new Map<string, SymbolName>();
  /** By lower case. */
  readonly #known = new Map<string, string>();

  /** @param map names in files to symbols */
  constructor(
    private readonly symbolCase: SymbolCase = 'guard',
    private readonly map: ReadonlyMap<string, string> = new Map(),
  ) {}

  /** Adds the symbols of the dataset, before the first name is looked up. */
  know(stored: Iterable<string>): void {
    for (const symbol of stored) this.#known.set(symbol.toLowerCase(), symbol);
  }

  of(text: string): SymbolName {
    const known = this.#results.get(text);
    if (known !== undefined) return known;
    const result = this.#find(text);
    if (this.#results.size < NAMES_MAX) this.#results.set(text, result);
    return result;
  }

  #find(text: string): SymbolName {
    const mapped = this.map.get(text) ?? text;
    const symbol = this.symbolCase === 'upper' ? mapped.toUpperCase() : mapped;
    if (!SYMBOL_PATTERN.test(symbol)) {
      const detail = `expected ${SYMBOL_WORDS}, was "${symbol}"; --symbol-map FILE gives it another name`;
      return { reason: 'bad-symbol', detail };
    }
    if (EXCEL_SYMBOL.test(symbol) && !this.map.has(text)) {
      const detail = `"${symbol}" is what Excel makes of a symbol such as MAR1 or 1E5; --symbol-map FILE names the right one`;
      return { reason: 'bad-symbol', detail };
    }
    if (this.symbolCase !== 'guard') return { symbol };
    const other = this.#known.get(symbol.toLowerCase());
    if (other !== undefined && other !== symbol) {
      const detail = `"${symbol}" differs only in case from "${other}": --symbol-case keep stores both, --symbol-case upper one`;
      return { reason: 'symbol-case', detail };
    }
    this.#known.set(symbol.toLowerCase(), symbol);
    return { symbol };
  }
}
