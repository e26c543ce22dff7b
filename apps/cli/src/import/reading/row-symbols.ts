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

  /** @param field with the symbol; undefined when the keys of JSON may name it */
  constructor(
    private readonly options: RowSymbolsOptions,
    private readonly field: number | undefined,
  ) {}

  of(row: Row): ResolvedSymbol {
    const { names, symbol, anySymbol } = this.options;
    const name = this.field === undefined ? (row.group ?? '') : this.#textOf(row, this.field);
    if (symbol === undefined) return names.of(this.field === undefined ? lastKey(name) : name);
    this.#firstName ??= name;
    if (name === this.#firstName || anySymbol) return { symbol };
    const [expected, actual] = [this.#firstName, name].map((text) => text.replaceAll(KEY_SEPARATOR, '.'));
    // Keys name symbols in some formats only, so leaving --symbol out may not help there.
    const remedy = this.field === undefined ? 'give each symbol a file of its own, or' : 'leave --symbol out, or give';
    const detail = `expected rows of "${expected}", was "${actual}": ${remedy} --one-symbol`;
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
