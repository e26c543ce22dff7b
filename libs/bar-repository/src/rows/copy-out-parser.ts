/**
 * Parses the bytes of a running `COPY … TO STDOUT (FORMAT binary)` and calls back for each row.
 *
 * It reads protocol messages and rows in one pass, in place, and allocates nothing per row. A message that spans two chunks is
 * assembled in a small buffer. The callback gets a row's bytes and not its values, because each number that is passed to a function
 * that the compiler does not inline becomes an object on the heap, six per row. (`pg` and pg-copy-streams make an object or a copy
 * for each row: figures in ./copy-out.ts.)
 * The parser has no access to the socket. It returns bytes that do not belong to the COPY to its caller.
 */
import { COPY_HEADER, READ_ROW } from './row-layout.js';

/** Called with one row that starts at `at` in the layout of `READ_ROW`. The bytes are valid until the callback returns. */
export type OnRowBytes = (row: DataView, at: number) => void;

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
const ROW_MESSAGE_LENGTH = 4 + READ_ROW.bytes;
const ROW_MESSAGE_BYTES = 1 + ROW_MESSAGE_LENGTH;
/** The signature at the start of the header, without flags and extension. */
const SIGNATURE_BYTES = 11;
/** Longest message accepted. A row has 87 bytes, a notice a few hundred. */
const MESSAGE_BYTES_MAX = 1 << 20;

/** The parser of one COPY. */
export class CopyOutParser {
  /** Rows parsed so far. */
  rows = 0;
  /** The first `carried` bytes are the start of a message whose rest has not arrived. */
  private carry = Buffer.alloc(4096);
  private carried = 0;
  private headerSeen = false;

  constructor(private readonly onRow: OnRowBytes) {}

  /**
   * Parses the next bytes of the socket.
   * @returns undefined while the COPY continues; otherwise the bytes after it, which `pg` must read (command complete, or an error)
   * @throws CopyFormatError, what `onRow` throws
   */
  read(chunk: Buffer): Buffer | undefined {
    let at = 0;
    if (this.carried > 0) {
      at = this.completeCarried(chunk);
      if (at < 0) return undefined;
      const bytes = this.carry.readInt32BE(1) + 1; // of the message, with its type
      const end = this.message(viewOf(this.carry), 0, bytes);
      if (end !== undefined) return Buffer.concat([this.carry.subarray(end, this.carried), chunk.subarray(at)]);
      this.carried = 0;
    }
    const view = viewOf(chunk);
    while (at + MESSAGE_HEAD <= chunk.length) {
      const bytes = view.getInt32(at + 1) + 1;
      if (at + bytes > chunk.length) break;
      if (bytes === ROW_MESSAGE_BYTES && this.headerSeen && view.getUint8(at) === COPY_DATA)
        this.row(view, at + MESSAGE_HEAD);
      else {
        const end = this.message(view, at, bytes);
        if (end !== undefined) return chunk.subarray(end);
      }
      at += bytes;
    }
    this.keep(chunk, at);
    return undefined;
  }

  /** Completes the message in `carry`. @returns where the next message begins in `chunk`, or -1 when bytes are still missing */
  private completeCarried(chunk: Buffer): number {
    let at = 0;
    if (this.carried < MESSAGE_HEAD) {
      at = chunk.copy(this.carry, this.carried, 0, MESSAGE_HEAD - this.carried);
      this.carried += at;
      if (this.carried < MESSAGE_HEAD) return -1;
    }
    const bytes = this.carry.readInt32BE(1) + 1;
    this.reserve(bytes);
    const copied = chunk.copy(this.carry, this.carried, at, at + bytes - this.carried);
    this.carried += copied;
    return this.carried < bytes ? -1 : at + copied;
  }

  /** Carries the bytes of a chunk from `from` on, which are the start of a message. */
  private keep(chunk: Buffer, from: number): void {
    this.reserve(chunk.length - from);
    this.carried = chunk.copy(this.carry, 0, from);
  }

  /** Makes `carry` large enough for a message. @throws CopyFormatError when the message is too long */
  private reserve(bytes: number): void {
    if (bytes > MESSAGE_BYTES_MAX) throw new CopyFormatError(`a message of at most ${MESSAGE_BYTES_MAX} bytes`, bytes);
    if (bytes <= this.carry.length) return;
    const larger = Buffer.alloc(bytes);
    this.carry.copy(larger, 0, 0, this.carried);
    this.carry = larger;
  }

  /** Parses any message but a plain row. @returns undefined to continue, or the offset of the first byte that is not part of the COPY */
  private message(view: DataView, at: number, bytes: number): number | undefined {
    const type = view.getUint8(at);
    if (type === COPY_DONE) return at + bytes;
    if (type !== COPY_DATA) return SKIPPED.has(type) ? undefined : at;
    const end = at + bytes;
    let row = at + MESSAGE_HEAD;
    if (!this.headerSeen) row = this.header(view, row, end);
    // The header may share a message with the first row. The trailer has its own message.
    if (row === end || (end - row === 2 && view.getInt16(row) === -1)) return undefined;
    if (end - row !== READ_ROW.bytes) throw new CopyFormatError(`a row of ${READ_ROW.bytes} bytes`, end - row);
    this.row(view, row);
    return undefined;
  }

  /** Checks the header. @returns where it ends: its last 4 bytes are the length of an extension, which follows it */
  private header(view: DataView, at: number, end: number): number {
    for (let i = 0; i < SIGNATURE_BYTES; i++) {
      if (at + COPY_HEADER.length > end || view.getUint8(at + i) !== COPY_HEADER[i])
        throw new CopyFormatError('PGCOPY', 'no header');
    }
    this.headerSeen = true;
    return at + COPY_HEADER.length + view.getInt32(at + COPY_HEADER.length - 4);
  }

  private row(view: DataView, at: number): void {
    if (view.getInt16(at) !== READ_ROW.fields)
      throw new CopyFormatError(`${READ_ROW.fields} fields`, view.getInt16(at));
    this.rows++;
    this.onRow(view, at);
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
