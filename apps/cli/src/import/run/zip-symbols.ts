/**
 * Finds the symbol of each file of a zip, and refuses a zip in which two files would become one symbol: a zip of a vendor often has
 * several companies, or one company with and without adjustments.
 */
import type { InputEntry } from '../files/index.js';
import { FilePlanError, type SymbolNames } from '../reading/index.js';
import type { ImportPlan } from './import-plan.js';

/** Files that are named in a message. */
const NAMED_MAX = 3;

/** The symbol of each entry by --symbol-from-path, from the entry's name or from the zip's; undefined where neither fits. */
export function symbolsByPath(entries: readonly InputEntry[], { symbolOf }: ImportPlan): (string | undefined)[] {
  return entries.map(
    ({ file, name }) => (name === undefined ? undefined : symbolOf?.(`${file}/${name}`)) ?? symbolOf?.(file),
  );
}

/** True when each entry has a symbol by its path, and no other one has the same: then no entry needs to be opened to know it. */
export function areDistinct(symbols: readonly (string | undefined)[], names: SymbolNames): boolean {
  const found = new Set<string>();
  for (const symbol of symbols) {
    const name = symbol === undefined ? undefined : names.of(symbol);
    if (name !== undefined && 'symbol' in name) found.add(name.symbol);
  }
  return found.size === symbols.length;
}

/**
 * @param symbols that the entries become; undefined for one that has a symbol column or no bars
 * @throws FilePlanError when two entries become one symbol
 */
export function refuseMixed(entries: readonly InputEntry[], symbols: readonly (string | undefined)[]): void {
  const bySymbol = new Map<string, string[]>();
  for (const [index, symbol] of symbols.entries()) {
    if (symbol === undefined) continue;
    const names = bySymbol.get(symbol) ?? [];
    names.push(entries[index]?.name ?? '');
    bySymbol.set(symbol, names);
  }
  for (const [symbol, names] of bySymbol) {
    if (names.length === 1) continue;
    const listed = names.slice(0, NAMED_MAX).join(', ') + (names.length > NAMED_MAX ? ', …' : '');
    throw new FilePlanError(
      'mixed-symbols',
      `${names.length} files of the zip (${listed}) would become the symbol ${symbol}: give --symbol-from-path with their names, or --one-symbol`,
    );
  }
}
