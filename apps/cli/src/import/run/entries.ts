/** Reads the start of an entry, checks that JSON is whole, and compares the symbols of the files in a zip. */
import type { FileStart } from '../detect/index.js';
import { type InputEntry, UnreadableFileError } from '../files/index.js';
import { FilePlanError, type SymbolNames } from '../reading/index.js';
import { JsonBalance } from '../rows/index.js';
import type { ImportPlan } from './import-plan.js';

const HEAD_BYTES = 256 * 1024;

/** Reads the start of an entry. The caller reads or ends `rest`. @param tail the last bytes, when they are known */
export async function startOf(
  entry: InputEntry,
  symbol: string | undefined,
  tail?: Uint8Array,
  onRead?: (bytes: number) => void,
): Promise<{ start: FileStart; rest: AsyncGenerator<Uint8Array, void> }> {
  const rest = entry.pieces(onRead);
  const parts: Uint8Array[] = [];
  let [length, isWhole] = [0, false];
  try {
    while (length < HEAD_BYTES && !isWhole) {
      const next = await rest.next();
      if (next.done === true) isWhole = true;
      else {
        parts.push(next.value);
        length += next.value.length;
      }
    }
  } catch (error) {
    await rest.return(undefined);
    throw error;
  }
  const head = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  const path = entry.name ?? entry.file;
  const fileName = path.slice(path.lastIndexOf('/') + 1);
  return { start: { head, tail: tail ?? (isWhole ? head : new Uint8Array(0)), isWhole, fileName, symbol }, rest };
}

/** @throws UnreadableFileError for JSON whose brackets are not closed */
export async function checkWhole(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
  const balance = new JsonBalance();
  for await (const piece of pieces) balance.push(piece);
  if (!balance.isWhole)
    throw new UnreadableFileError('the JSON has an unclosed bracket or string: the file is cut short or damaged');
}

/** Most files that a message names. */
const NAMED_MAX = 3;

/** The symbol that --symbol-from-path finds in each entry's name or in that of the zip; undefined where none is. */
export function symbolsByPath(entries: readonly InputEntry[], { symbolOf }: ImportPlan): (string | undefined)[] {
  return entries.map(
    ({ file, name }) => (name === undefined ? undefined : symbolOf?.(`${file}/${name}`)) ?? symbolOf?.(file),
  );
}

/** True when every path gives another symbol: then no entry needs to be opened to compare the symbols. */
export function areDistinct(symbols: readonly (string | undefined)[], names: SymbolNames): boolean {
  const distinct = new Set<string>();
  for (const symbol of symbols) {
    const name = symbol === undefined ? undefined : names.of(symbol);
    if (name !== undefined && 'symbol' in name) distinct.add(name.symbol);
  }
  return distinct.size === symbols.length;
}

/** @param symbols of the entries; undefined where the rows name theirs @throws FilePlanError when two are the same */
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
