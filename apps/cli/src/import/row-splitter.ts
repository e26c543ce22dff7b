/**
 * Splits a stream of bytes into rows and fields, without making a string of either.
 * Rows end in LF, CRLF or a lone CR; blank rows are skipped; a UTF-8 byte order mark is dropped. A row with quotes is
 * handed to csv-parse. It holds one partial row between two pushes, never more than `ROW_BYTES_MAX`.
 *
 * Why not csv-parse for every row: measured on 1 M rows of 7 fields it takes 5.2 s, this takes 0.3 s, COPY itself 1.5 s.
 */
import { parse } from 'csv-parse/sync';

/** A longer row is no bar: it is refused, and its bytes are dropped as they come. */
export const ROW_BYTES_MAX = 65_536;
const [LF, CR, QUOTE] = [10, 13, 34];
const EMPTY = new Uint8Array(0);

/** One row; valid until the callback that got it returns. Field i is `bytes[starts[i], ends[i])`. */
export interface Row {
  bytes: Uint8Array;
  starts: number[];
  ends: number[];
  /** Number of fields; `starts` and `ends` may be longer. */
  count: number;
  /** Line in the file, from 1. */
  line: number;
}

export interface RowHandler {
  row(row: Row): void;
  /** A row that cannot be split. */
  refuse(line: number, reason: 'bad-quotes' | 'row-too-long', detail: string): void;
}

/** The text of one field, blanks around it removed. */
export function fieldText(row: Row, field: number): string {
  return Buffer.from(row.bytes.buffer, row.bytes.byteOffset)
    .toString('utf8', row.starts[field] ?? 0, row.ends[field] ?? 0)
    .trim();
}

export class RowSplitter {
  readonly #row: Row = { bytes: EMPTY, starts: [0], ends: [0], count: 0, line: 0 };
  readonly #delimiterByte: number;
  #rest: Uint8Array = EMPTY;
  #line = 1;
  #afterCr = false;
  #overlong = false;
  #first = true;

  /** @param delimiter one ASCII character */
  constructor(
    private readonly delimiter: string,
    private readonly handler: RowHandler,
  ) {
    this.#delimiterByte = delimiter.charCodeAt(0);
  }

  /** Takes the next bytes and hands every row that they complete to the handler. */
  push(chunk: Uint8Array): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (this.#first && bytes.length >= 3) {
      if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
      this.#first = false;
    }
    const done = this.#split(bytes);
    this.#rest = bytes.subarray(done);
    if (this.#rest.length > ROW_BYTES_MAX) {
      if (!this.#overlong) this.handler.refuse(this.#line, 'row-too-long', `more than ${ROW_BYTES_MAX} bytes`);
      this.#overlong = true;
      this.#rest = EMPTY;
    }
  }

  /** Hands over the last row when the file does not end in a line end. */
  end(): void {
    if (this.#rest.length > 0) this.push(Uint8Array.of(LF));
  }

  #split(bytes: Uint8Array): number {
    const { starts, ends } = this.#row;
    const delimiter = this.#delimiterByte;
    let rowStart = 0;
    let field = 0;
    let quoted = false;
    starts[0] = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === delimiter) {
        ends[field++] = at;
        starts[field] = at + 1;
      } else if (byte === LF || byte === CR) {
        if (byte === LF && this.#afterCr && at === rowStart) {
          this.#afterCr = false; // the second half of a CRLF: this line is counted already
        } else {
          ends[field] = at;
          this.#emit(bytes, rowStart, at, field + 1, quoted);
          this.#line++;
          this.#afterCr = byte === CR;
        }
        rowStart = at + 1;
        starts[0] = rowStart;
        field = 0;
        quoted = false;
      } else if (byte === QUOTE) quoted = true;
    }
    return rowStart;
  }

  #emit(bytes: Uint8Array, start: number, end: number, count: number, quoted: boolean): void {
    if (this.#overlong) this.#overlong = false;
    else if (end === start) return;
    else if (quoted) this.#emitQuoted(Buffer.from(bytes.subarray(start, end)).toString('utf8'));
    else {
      this.#row.bytes = bytes;
      this.#row.count = count;
      this.#row.line = this.#line;
      this.handler.row(this.#row);
    }
  }

  #emitQuoted(text: string): void {
    let fields: string[];
    try {
      fields = parse(text, { delimiter: this.delimiter })[0] ?? [];
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return this.handler.refuse(this.#line, 'bad-quotes', detail);
    }
    this.handler.row(rowOf(fields, this.#line));
  }
}

/** A row made of texts; for the quoted rows, and for tests. */
export function rowOf(fields: string[], line: number): Row {
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
