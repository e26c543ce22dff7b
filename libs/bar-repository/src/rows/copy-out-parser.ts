/**
 * Parses the bytes of a running `COPY … TO STDOUT (FORMAT binary)` and calls back for each row. Reads messages and rows in one pass, in
 * place, and allocates nothing per row: the callback gets a row's bytes, because six values as arguments would be an object each when the
 * compiler does not inline the call. (Figures are in ./copy-out.ts.) A message that spans two chunks of the socket is assembled first.
 */
import { COPY_HEADER } from './row-layout.js';

/** Called with one row, which starts at `at`. The bytes are valid until the callback returns. */
export type OnRowBytes = (row: DataView, at: number) => void;

/** The form of the rows: their number of fields and, when all rows have the same length, that length. */
export interface RowForm {
  fields: number;
  bytes?: number;
}

/** Thrown when the server's bytes do not have the expected layout. */
export class CopyFormatError extends Error {
  override readonly name = 'CopyFormatError';
  constructor(expected: string, actual: string | number) {
    super(`malformed COPY data: expected ${expected}, was ${actual}`);
  }
}

/** Types of messages, https://www.postgresql.org/docs/current/protocol-message-formats.html: CopyData is `d`, CopyDone `c`. */
const COPY_DATA = 0x64;
const COPY_DONE = 0x63;
/** CopyOutResponse `H`, NoticeResponse `N`, ParameterStatus `S`, NotificationResponse `A`: may arrive between rows and carry no rows. */
const SKIPPED = new Set([0x48, 0x4e, 0x53, 0x41]);

/** Bytes of a message's type and its int32 length, which counts itself but not the type. */
const MESSAGE_HEAD = 5;
/** The start of the header, before its flags and the length of its extension. */
const COPY_SIGNATURE = COPY_HEADER.subarray(0, 11);
/** Longest message accepted. A packed day of 48 hours has 140 kB. */
const MESSAGE_BYTES_MAX = 1 << 20;
/** Stands where the next row would have its field count, and ends the rows. */
const TRAILER = -1;

export class CopyOutParser {
  /** Rows parsed so far. */
  rows = 0;
  /** The first `carried` bytes of this buffer are the start of a message whose rest has not arrived. It grows with the longest message. */
  private carry = Buffer.alloc(4096);
  private carried = 0;
  private headerSeen = false;

  constructor(
    private readonly form: RowForm,
    private readonly onRow: OnRowBytes,
  ) {}

  /**
   * Parses the next bytes of the socket. @throws CopyFormatError, what `onRow` throws
   * @returns undefined while the COPY continues; otherwise the bytes after it, which `pg` must read (command complete, or an error)
   */
  read(chunk: Buffer): Buffer | undefined {
    let at = 0;
    // First complete the message that began in an earlier chunk: its head, which has its length, then its rest.
    if (this.carried > 0) {
      at = this.carryUntil(MESSAGE_HEAD, chunk, 0);
      if (this.carried < MESSAGE_HEAD) return undefined;
      const end = endOfMessage(viewOf(this.carry), 0);
      at = this.carryUntil(end, chunk, at);
      if (this.carried < end) return undefined;
      this.carried = 0;
      const copyEnd = this.parseMessage(viewOf(this.carry), 0, end);
      if (copyEnd !== undefined) return Buffer.concat([this.carry.subarray(copyEnd, end), chunk.subarray(at)]);
    }
    const view = viewOf(chunk);
    while (at + MESSAGE_HEAD <= chunk.length) {
      const end = endOfMessage(view, at);
      if (end > chunk.length) break;
      const copyEnd = this.parseMessage(view, at, end);
      if (copyEnd !== undefined) return chunk.subarray(copyEnd);
      at = end;
    }
    this.carryUntil(chunk.length - at, chunk, at);
    return undefined;
  }

  /** Copies bytes of a chunk from `from` on, until `size` bytes are carried. @returns the offset of the next byte in the chunk */
  private carryUntil(size: number, chunk: Buffer, from: number): number {
    if (size > this.carry.length) this.carry = Buffer.concat([this.carry], size);
    const missing = Math.max(0, size - this.carried);
    const copied = chunk.copy(this.carry, this.carried, from, from + missing);
    this.carried += copied;
    return from + copied;
  }

  /** Parses the message `[at, end)`. @returns undefined to continue, or the offset of the first byte that is not part of the COPY */
  private parseMessage(view: DataView, at: number, end: number): number | undefined {
    const type = view.getUint8(at);
    if (type === COPY_DATA) {
      // The header may share its message with the first row.
      const row = this.headerSeen ? at + MESSAGE_HEAD : this.parseHeader(view, at + MESSAGE_HEAD, end);
      if (row < end) this.parseRow(view, row, end - row);
      return undefined;
    }
    if (type === COPY_DONE) return end;
    return SKIPPED.has(type) ? undefined : at;
  }

  /** Checks the header. @returns where it ends: its last 4 bytes are the length of an extension, which follows it */
  private parseHeader(view: DataView, at: number, end: number): number {
    const isWhole = at + COPY_HEADER.length <= end;
    const isHeader = isWhole && COPY_SIGNATURE.every((byte, i) => view.getUint8(at + i) === byte);
    if (!isHeader) throw new CopyFormatError('PGCOPY', 'no header');
    this.headerSeen = true;
    return at + COPY_HEADER.length + view.getInt32(at + COPY_HEADER.length - 4);
  }

  private parseRow(view: DataView, at: number, bytes: number): void {
    const fields = bytes < 2 ? 0 : view.getInt16(at); // fewer than 2 bytes have no field count
    if (fields === TRAILER) return;
    if (fields !== this.form.fields) throw new CopyFormatError(`${this.form.fields} fields`, fields);
    if (bytes !== (this.form.bytes ?? bytes)) throw new CopyFormatError(`a row of ${this.form.bytes} bytes`, bytes);
    this.rows++;
    this.onRow(view, at);
  }
}

/** The end of the message that starts at `at`. @throws CopyFormatError when its length is impossible */
function endOfMessage(view: DataView, at: number): number {
  const bytes = view.getInt32(at + 1) + 1;
  if (bytes < MESSAGE_HEAD || bytes > MESSAGE_BYTES_MAX)
    throw new CopyFormatError(`a message of ${MESSAGE_HEAD} to ${MESSAGE_BYTES_MAX} bytes`, bytes);
  return at + bytes;
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
