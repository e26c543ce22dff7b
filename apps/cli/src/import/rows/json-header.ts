/**
 * Names the fields of the rows of JSON, in a header that the handler gets before the first row: the keys of the first object, or, before
 * arrays, an array with the names of their columns. Puts the values of each object in the order of the header.
 */
import type { JsonContainer } from './json-container.js';
import { SCALARS_MIN } from './json-row-shape.js';
import { lastKey, type Row, type RowHandler, rowOf } from './row.js';

/** Keys of an array that names the columns of the arrays after it, as in JSON of pandas and InfluxDB. */
const COLUMNS_KEYS = new Set(['columns', 'fields', 'headers', 'header']);

export class JsonHeader {
  /** The names as texts, and as a row. */
  #header: ({ names: readonly string[] } & Row) | undefined;
  /** The names of columns that come before the first array. */
  #columns: readonly string[] | undefined;
  #hasArrayRows = false;

  /** @param names see {@link JsonRows} */
  constructor(
    private readonly handler: RowHandler,
    names?: readonly string[],
  ) {
    if (names !== undefined) this.#header = { names, ...rowOf(names, 0) };
  }

  get isKnown(): boolean {
    return this.#header !== undefined;
  }

  /** Takes the scalars of an array as names of columns, if they are. @returns why they cannot name the arrays before it, if they would */
  takeColumns(array: JsonContainer): string | undefined {
    const { starts, hasContainers, group = '' } = array;
    if (hasContainers || starts.length < SCALARS_MIN || !COLUMNS_KEYS.has(lastKey(group))) return undefined;
    const names = array.scalars;
    if (!this.#hasArrayRows) {
      this.#columns = names;
      return undefined;
    }
    const areOther = names.join() !== this.#columns?.join();
    const haveOpen = names.some((name) => /open/i.test(name)); // otherwise they are not about bars
    return areOther && haveOpen ? `expected one list of columns before all rows, was ${names.join()}` : undefined;
  }

  /** The row of an array or an object. The handler gets the header before the first row. @param bytes of the tokens */
  rowFrom(values: JsonContainer, bytes: Uint8Array): Row {
    const { isArray, line, group, named } = values;
    let { starts, ends } = values;
    if (isArray) this.#beginArrays(line);
    else if (!this.#hasKeysOf(values, bytes)) {
      const { keys } = values;
      const { names } = (this.#header ??= this.#emitHeader(keys, line));
      // A key that this object lacks has the index −1, so its value becomes an empty text.
      const indexes = names.map((name) => keys.lastIndexOf(name));
      starts = indexes.map((index) => values.starts[index] ?? 0);
      ends = indexes.map((index) => values.ends[index] ?? 0);
    }
    return { bytes, starts, ends, count: starts.length, line, group, named };
  }

  /** Makes the names of columns, if any, the header of the first array. */
  #beginArrays(line: number): void {
    if (!this.#hasArrayRows && this.#columns !== undefined) this.#header ??= this.#emitHeader(this.#columns, line);
    this.#hasArrayRows = true;
  }

  #emitHeader(names: readonly string[], line: number): { names: readonly string[] } & Row {
    const row = rowOf(names, line);
    this.handler.row({ ...row, isHeader: true });
    return { names, ...row };
  }

  /** True when an object has the names of the header as keys, in the same order, as nearly all objects of a file do. */
  #hasKeysOf({ keyStarts, keyEnds }: JsonContainer, bytes: Uint8Array): boolean {
    const header = this.#header;
    if (header === undefined || header.ends.length !== keyStarts.length) return false;
    let headerAt = 0;
    for (let index = 0; index < keyStarts.length; index++) {
      let at = keyStarts[index]!;
      const end = keyEnds[index]!;
      if (header.ends[index]! - headerAt !== end - at) return false;
      for (; at < end; at++, headerAt++) if (bytes[at] !== header.bytes[headerAt]) return false;
    }
    return true;
  }
}
