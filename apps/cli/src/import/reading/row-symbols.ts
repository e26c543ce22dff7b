/** Finds the symbol of each row: the one that the user gives, or the one that a field or the keys of JSON name. */
import { fieldText, KEY_SEPARATOR, lastKey, type Row } from '../rows/index.js';
import type { ResolvedSymbol, SymbolNames } from './symbol-names.js';

export interface RowSymbolsOptions {
  /** Turns the names of symbols in rows into symbols. */
  names: SymbolNames;
  /** Symbol of every row; undefined when a field, the group of a JSON row or a wide header names it. */
  symbol?: string;
  /** With `symbol` only: true accepts rows that name another symbol than the first row does. */
  anySymbol?: boolean;
}

export class RowSymbols {
  /** The name in the first row. */
  #firstName: string | undefined;
  /** The symbol field of the previous row, as bytes and as text. */
  #lastBytes = new Uint8Array(0);
  #lastText = '';
  /** The first group with each last key that is a symbol. */
  readonly #groups = new Map<string, string>();

  /** @param field with the symbol; undefined when the keys of JSON may name it */
  constructor(
    private readonly options: RowSymbolsOptions,
    private readonly field: number | undefined,
  ) {}

  of(row: Row): ResolvedSymbol {
    const { names, symbol, anySymbol } = this.options;
    const name = this.field === undefined ? (row.group ?? '') : this.#textOf(row, this.field);
    if (symbol === undefined) return this.field === undefined ? this.#ofKeys(name) : names.of(name);
    this.#firstName ??= name;
    if (name === this.#firstName || anySymbol) return { symbol };
    const remedy = this.field === undefined ? 'give --symbol-from-key in place of --symbol' : 'leave --symbol out';
    const detail = `expected rows of "${shown(this.#firstName)}", was "${shown(name)}": ${remedy}, or give --one-symbol`;
    return { reason: 'other-symbol', detail };
  }

  /** The symbol that the last key of a group names. Another group with this last key, such as `MSFT.values` after `AAPL.values`, is refused. */
  #ofKeys(group: string): ResolvedSymbol {
    const key = lastKey(group);
    const found = this.options.names.of(key);
    const first = this.#groups.get(key);
    if (first === undefined && 'symbol' in found) this.#groups.set(key, group);
    if (first === undefined || first === group) return found;
    const detail = `expected one key "${key}", was ${shown(first)} and ${shown(group)}: give each symbol a file of its own`;
    return { reason: 'other-symbol', detail };
  }

  /** The text of the symbol field. Decodes the bytes only when they differ from those of the previous row, which is seldom. */
  #textOf(row: Row, field: number): string {
    const last = this.#lastBytes;
    const start = row.starts[field] ?? 0;
    const end = row.ends[field] ?? 0;
    let isSame = last.length > 0 && end - start === last.length;
    for (let at = 0; isSame && at < last.length; at++) isSame = row.bytes[start + at] === last[at];
    if (!isSame) {
      this.#lastBytes = Uint8Array.from(row.bytes.subarray(start, end));
      this.#lastText = fieldText(row, field);
    }
    return this.#lastText;
  }
}

/** The name of a symbol in a field, or the keys of a group with dots between them. */
function shown(name: string): string {
  return name.replaceAll(KEY_SEPARATOR, '.');
}
