/** One row of a file: the bytes of its fields, without strings. Both CSV and JSON files become rows. */

/** Valid until the callback that got it returns. Field i is `bytes[starts[i], ends[i])`. */
export interface Row {
  bytes: Uint8Array;
  starts: number[];
  ends: number[];
  /** Number of fields; `starts` and `ends` may be longer. */
  count: number;
  /** Line in the file, from 1. */
  line: number;
  /** JSON only: the keys of the objects, which come before the first of them. */
  isHeader?: boolean;
  /** JSON only: the keys that the row's array is under, from the outside in, such as a symbol; see {@link lastKey}. */
  group?: string;
}

/** Between the keys of a group; no key has it. */
export const KEY_SEPARATOR = '\u0000';

/** The innermost key of a group. */
export function lastKey(group: string): string {
  return group.slice(group.lastIndexOf(KEY_SEPARATOR) + 1);
}

export type RowProblem = 'bad-quotes' | 'row-too-long' | 'bad-json';

export interface RowHandler {
  row(row: Row): void;
  /** A row that cannot be split. */
  refuse(line: number, reason: RowProblem, detail: string): void;
}

/** Splits a stream of bytes into rows. */
export interface Splitter {
  push(chunk: Uint8Array): void;
  /** Handles the last row, and a file that ends too early. */
  end(): void;
}

/** A longer row is no bar: it is refused, and its bytes are dropped as they arrive. */
export const ROW_BYTES_MAX = 65_536;

/** The text of one field, without surrounding blanks. */
export function fieldText(row: Row, field: number): string {
  return Buffer.from(row.bytes.buffer, row.bytes.byteOffset)
    .toString('utf8', row.starts[field] ?? 0, row.ends[field] ?? 0)
    .trim();
}

/** The texts of all fields. */
export function rowTexts(row: Row): string[] {
  return Array.from({ length: row.count }, (_, field) => fieldText(row, field));
}

/** A row of texts, for rows with quotes. */
export function rowOf(fields: readonly string[], line: number): Row {
  const parts = fields.map((field) => Buffer.from(field));
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const part of parts) {
    starts.push(at);
    at += part.length;
    ends.push(at);
  }
  return { bytes: Uint8Array.from(Buffer.concat(parts)), starts, ends, count: fields.length, line };
}
