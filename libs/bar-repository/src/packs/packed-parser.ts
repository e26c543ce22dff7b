/**
 * Parses the bytes of a running `COPY (SELECT symbol_id, bars, chunk …) TO STDOUT (FORMAT binary)` and copies each chunk once, from
 * the socket's buffer into the array that the receiver returns, even when the chunk spans several buffers.
 * It does not read the socket or look into chunks. It returns bytes that do not belong to the COPY to its caller, as
 * ../rows/copy-out-parser.ts does.
 */
import { COPY_HEADER, CopyFormatError } from '../rows/index.js';

/** Receives packed chunks, one after another. */
export interface PackReceiver {
  /** @returns an array for the next `length` bytes; it is filled when {@link end} is called */
  begin(symbolId: number, bars: number, length: number): Uint8Array;
  /** The bytes of the last `begin` are complete. */
  end(): void;
  /** Called for a symbol without bars. */
  empty(symbolId: number): void;
}

/** Types of messages, https://www.postgresql.org/docs/current/protocol-message-formats.html: CopyData is `d`, CopyDone `c`. */
const COPY_DATA = 0x64;
const COPY_DONE = 0x63;
/** CopyOutResponse `H`, NoticeResponse `N`, ParameterStatus `S`, NotificationResponse `A`: may arrive between rows. */
const SKIPPED = new Set([0x48, 0x4e, 0x53, 0x41]);
/** Bytes of a message's type and its int32 length, which counts itself but not the type. */
const MESSAGE_HEAD = 5;
const FIELDS = 3;
/** A row up to its chunk: the field count, the length and value of two int4, and the length of the chunk. Offsets of these values. */
const ROW_HEAD = { bytes: 22, symbolId: 6, bars: 14, length: 18 } as const;

/** What the next bytes are. `fields` is the field count of a row, `row` the rest of its head. */
type Step = 'message' | 'header' | 'fields' | 'row' | 'chunk' | 'skip';
/** How many bytes of `head` each step needs. */
const NEEDED = { message: MESSAGE_HEAD, header: COPY_HEADER.length, fields: 2, row: ROW_HEAD.bytes } as const;

/** The parser of one COPY. */
export class PackedParser {
  /** Rows parsed so far. */
  rows = 0;
  private step: Step = 'message';
  /** The first `headBytes` bytes are what has arrived of a part that {@link NEEDED} lists. */
  private readonly head = Buffer.alloc(32);
  private headBytes = 0;
  private headerSeen = false;
  /** The receiver's array for the chunk that arrives, and how many of its bytes are written. */
  private target: Uint8Array = this.head;
  private written = 0;
  /** Number of bytes of the chunk, or of a skipped message, that have not arrived yet. */
  private bytesLeft = 0;

  constructor(private readonly receiver: PackReceiver) {}

  /**
   * Parses the next bytes of the socket.
   * @returns undefined while the COPY continues; otherwise the bytes after it
   * @throws CopyFormatError, what the receiver throws
   */
  read(bytes: Buffer): Buffer | undefined {
    let at = 0;
    while (at < bytes.length) {
      const { step } = this;
      if (step === 'chunk' || step === 'skip') {
        at += this.take(bytes, at, step === 'chunk');
        continue;
      }
      const count = Math.min(NEEDED[step] - this.headBytes, bytes.length - at);
      bytes.copy(this.head, this.headBytes, at, at + count);
      this.headBytes += count;
      at += count;
      if (this.headBytes < NEEDED[step]) return undefined;
      if (step === 'message' && !this.message()) {
        // CopyDone belongs to the COPY. `pg` must read any other message from its first byte.
        return this.head[0] === COPY_DONE
          ? bytes.subarray(at)
          : Buffer.concat([this.head.subarray(0, this.headBytes), bytes.subarray(at)]);
      }
      if (step === 'header') this.header();
      else if (step === 'fields') this.fields();
      else if (step === 'row') this.row();
    }
    return undefined;
  }

  /** Copies bytes of a chunk to `target`, or skips those of another message. @returns how many */
  private take(bytes: Buffer, at: number, isChunk: boolean): number {
    const count = Math.min(this.bytesLeft, bytes.length - at);
    if (isChunk) bytes.copy(this.target, this.written, at, at + count);
    this.written += count;
    this.bytesLeft -= count;
    if (this.bytesLeft === 0) {
      if (isChunk) this.receiver.end();
      this.next('message');
    }
    return count;
  }

  /** Begins a step. @param keepHead true: the bytes of the previous step belong to the new one */
  private next(step: Step, keepHead = false): void {
    this.step = step;
    if (!keepHead) this.headBytes = 0;
  }

  /** @returns false when the message does not belong to the COPY */
  private message(): boolean {
    const type = this.head[0]!;
    const length = this.head.readInt32BE(1) - 4;
    if (type === COPY_DATA) this.next(this.headerSeen ? 'fields' : 'header');
    else if (SKIPPED.has(type)) {
      this.bytesLeft = length;
      this.next(length > 0 ? 'skip' : 'message');
    } else return false;
    return true;
  }

  private header(): void {
    // Flags and extension are zero in a COPY of PostgreSQL.
    if (!this.head.subarray(0, COPY_HEADER.length).equals(COPY_HEADER))
      throw new CopyFormatError('PGCOPY', 'no header');
    this.headerSeen = true;
    this.next('fields');
  }

  private fields(): void {
    const fields = this.head.readInt16BE(0);
    if (fields === -1) return this.next('message'); // the trailer
    if (fields !== FIELDS) throw new CopyFormatError(`${FIELDS} fields`, fields);
    this.next('row', true); // the head of the row begins with these two bytes
  }

  private row(): void {
    const symbolId = this.head.readInt32BE(ROW_HEAD.symbolId);
    const length = this.head.readInt32BE(ROW_HEAD.length);
    this.rows++;
    if (length <= 0) {
      // -1 is null: a symbol without bars.
      this.receiver.empty(symbolId);
      return this.next('message');
    }
    this.target = this.receiver.begin(symbolId, this.head.readInt32BE(ROW_HEAD.bars), length);
    if (this.target.length !== length) throw new CopyFormatError(`a chunk of ${this.target.length} bytes`, length);
    this.written = 0;
    this.bytesLeft = length;
    this.next('chunk');
  }
}
