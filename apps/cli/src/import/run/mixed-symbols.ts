/** Refuses a zip when two of its files would be stored as one symbol, and warns of other such files, unless the user wants that. */
import type { InputEntry } from '../files/index.js';
import { FilePlanError } from '../reading/index.js';
import { planByStart, startOf } from './entries.js';
import type { ImportPlan } from './import-plan.js';
import { fileRefusal } from './logs.js';

/** Most files or symbols that a message names. */
const NAMED_MAX = 3;

/** Refuses a zip of which two entries would become one symbol. @param symbols that --symbol-from-path finds @throws FilePlanError */
export async function refuseMixedSymbols(
  entries: readonly InputEntry[],
  symbols: readonly (string | undefined)[],
  plan: ImportPlan,
): Promise<void> {
  if (entries.length < 2 || plan.oneSymbol || areDistinct(symbols, plan)) return;
  const namesBySymbol = new Map<string, string[]>();
  for (const [index, entry] of entries.entries()) {
    plan.signal?.throwIfAborted();
    const symbol = await symbolOf(entry, symbols[index], plan);
    if (symbol === undefined) continue;
    const names = namesBySymbol.get(symbol) ?? [];
    names.push(entry.name ?? '');
    namesBySymbol.set(symbol, names);
  }
  for (const [symbol, names] of namesBySymbol) {
    if (names.length < 2) continue;
    throw new FilePlanError(
      'mixed-symbols',
      `${names.length} files of the zip (${firstOf(names)}) would become the symbol ${symbol}: give --symbol-from-path with their names, or --one-symbol`,
    );
  }
}

/**
 * Refuses JSON whose rows would become one symbol, although the objects around them name several symbols.
 * @param names of symbols that come after their rows: too late to compare them row by row @throws FilePlanError
 */
export function refuseLateNames(names: ReadonlySet<string>): void {
  if (names.size < 2) return;
  throw new FilePlanError(
    'mixed-symbols',
    `rows of ${names.size} symbols (${firstOf([...names])}) would become one: give each a file of its own, or --one-symbol`,
  );
}

/** Words in which the names of one symbol's files may differ: months, the kind of the file, and the folders of Binance. */
const OTHER_WORDS =
  /jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?|\.(csv|txt|json|gz|zst|zip)|monthly|daily/g;

/** Compares the names of files that --symbol makes one symbol: names of one symbol differ in numbers and in {@link OTHER_WORDS} only. */
export class OneSymbolFiles {
  /** The first two names that differ in their letters, by these letters. */
  readonly #names = new Map<string, string>();

  /** @param name of a file, with its folders */
  add(name: string): void {
    const letters = name
      .toLowerCase()
      .replace(OTHER_WORDS, '')
      .replace(/[^\p{L}]/gu, '');
    if (this.#names.size < 2 && !this.#names.has(letters)) this.#names.set(letters, name);
  }

  warnings(symbol: string | undefined): string[] {
    const [first, other] = this.#names.values();
    if (other === undefined) return [];
    return [
      `${first} and ${other} were stored as one symbol, ${symbol}: if they are not, give --symbol-from-path; if they are, --one-symbol`,
    ];
  }
}

/** The first names, for a message. */
function firstOf(names: readonly string[]): string {
  return names.slice(0, NAMED_MAX).join(', ') + (names.length > NAMED_MAX ? ', …' : '');
}

/** True when the paths of all entries give different symbols: then no entry needs to be opened to compare the symbols. */
function areDistinct(symbols: readonly (string | undefined)[], { read }: ImportPlan): boolean {
  const stored = symbols.flatMap((inPath) => {
    const found = inPath === undefined ? {} : read.symbolNames.of(inPath);
    return 'symbol' in found ? found.symbol : [];
  });
  return new Set(stored).size === symbols.length;
}

/** The one symbol as which an entry is stored; undefined when its rows name theirs, or when it cannot be read. */
async function symbolOf(entry: InputEntry, inPath: string | undefined, plan: ImportPlan): Promise<string | undefined> {
  try {
    const start = await startOf(entry, inPath);
    return planByStart(entry, start, plan.read)?.reader.symbol;
  } catch (error) {
    if (fileRefusal(error) === undefined) throw error;
    return undefined;
  }
}
