/** One row of a file: the bytes of its fields, without strings. Both CSV and JSON files become rows. */

/** A row is valid only until the handler's `row` returns. Field i is `bytes[starts[i], ends[i])`. */
export interface Row {
  bytes: Uint8Array;
  starts: number[];
  ends: number[];
  /** Number of fields; `starts` and `ends` may be longer, with places of an earlier row. */
  count: number;
  /** Line in the file, from 1. */
  line: number;
  /** JSON only: true for the row of the first object's keys, which comes before that object. */
  isHeader?: boolean;
  /**
   * JSON only: the keys that the row's array (or its object of times) is under, from the outside in, such as a symbol; see {@link lastKey}.
   * Before a key comes the symbol that the key's object names, if any.
   */
  group?: string;
  /** JSON only: the symbol that the innermost object around the row names, if any. */
  named?: string;
}

/** Separates the keys of a group. */
export const KEY_SEPARATOR = '\u0000';

/** The innermost key of a group; '' when the group is ''. */
export function lastKey(group: string): string {
  return group.slice(group.lastIndexOf(KEY_SEPARATOR) + 1);
}

/** Why text cannot be split into a row. */
export type RowProblem = 'bad-quotes' | 'row-too-long' | 'bad-json' | 'missing-fields';

export interface RowHandler {
  /** Called for each row in the order of the file. */
  row(row: Row): void;
  /** A row that cannot be split. */
  refuse(line: number, reason: RowProblem, detail: string): void;
}

/** Splits a stream of bytes into rows, and calls a {@link RowHandler} for each. */
export interface Splitter {
  /** Takes the next bytes, which may end anywhere. */
  push(chunk: Uint8Array): void;
  /** Handles the last row, and refuses a file that ends too early. */
  end(): void;
}

/** Longest row. A longer one cannot be a bar: it is refused, and its bytes are dropped as they arrive. */
export const ROW_BYTES_MAX = 65_536;

/** The text of one field, without surrounding blanks. The row must have the field. */
export function fieldText(row: Row, field: number): string {
  return Buffer.from(row.bytes.buffer, row.bytes.byteOffset)
    .toString('utf8', row.starts[field] ?? 0, row.ends[field] ?? 0)
    .trim();
}

export function rowTexts(row: Row): string[] {
  return Array.from({ length: row.count }, (_, field) => fieldText(row, field));
}

/** Makes a row from texts, when its fields cannot be used as they are in the file: quoted CSV, or JSON with escapes. */
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
