/**
 * Parses the bytes of a running `COPY (SELECT symbol_id, bars, chunk …) TO STDOUT (FORMAT binary)` and copies each chunk once, from
 * the socket's buffer to the place that the receiver names, even when the chunk spans several buffers.
 * It knows nothing about sockets or the content of chunks. It returns bytes that do not belong to the COPY to its caller, as
 * ../rows/copy-out-parser.ts does.
 */
import { COPY_HEADER, CopyFormatError } from '../rows/index.js';

/** Receives packed chunks, one after another. */
export interface PackReceiver {
  /** @returns the place for the next `length` bytes; it is filled when {@link end} is called */
  begin(symbolId: number, bars: number, length: number): Uint8Array;
  /** The bytes of the last `begin` are complete. */
  end(): void;
  /** Called for a symbol without bars. */
  empty(symbolId: number): void;
}

const COPY_DATA = 0x64;
const COPY_DONE = 0x63;
/** CopyOutResponse, NoticeResponse, ParameterStatus, NotificationResponse: may arrive between rows. */
const SKIPPED = new Set([0x48, 0x4e, 0x53, 0x41]);
const MESSAGE_HEAD = 5;
const FIELDS = 3;
/** Field count, then the length and value of two int4, then the length of the chunk. */
const ROW_HEAD = { bytes: 22, symbolId: 6, bars: 14, length: 18 } as const;

type Step = 'message' | 'header' | 'fields' | 'row' | 'chunk' | 'skip';
const NEEDED = { message: MESSAGE_HEAD, header: COPY_HEADER.length, fields: 2, row: ROW_HEAD.bytes } as const;

export class PackedParser {
  /** Rows parsed so far. */
  rows = 0;
  private step: Step = 'message';
  /** Buffer in which small parts, such as the head of a message, are assembled. */
  private readonly head = Buffer.alloc(32);
  private have = 0;
  private headerSeen = false;
  private target: Uint8Array = this.head;
  private written = 0;
  /** Bytes of the chunk, or of a skipped message, that have not arrived yet. */
  private left = 0;

  constructor(private readonly receiver: PackReceiver) {}

  /**
   * Reads a part of the stream.
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
      const count = Math.min(NEEDED[step] - this.have, bytes.length - at);
      bytes.copy(this.head, this.have, at, at + count);
      this.have += count;
      at += count;
      if (this.have < NEEDED[step]) return undefined;
      if (step === 'message' && !this.message()) {
        // CopyDone belongs to the COPY. `pg` must read any other message from its first byte.
        return this.head[0] === COPY_DONE
          ? bytes.subarray(at)
          : Buffer.concat([this.head.subarray(0, this.have), bytes.subarray(at)]);
      }
      if (step === 'header') this.header();
      else if (step === 'fields') this.fields();
      else if (step === 'row') this.row();
    }
    return undefined;
  }

  private take(bytes: Buffer, at: number, wanted: boolean): number {
    const count = Math.min(this.left, bytes.length - at);
    if (wanted) bytes.copy(this.target, this.written, at, at + count);
    this.written += count;
    this.left -= count;
    if (this.left === 0) {
      if (wanted) this.receiver.end();
      this.next('message');
    }
    return count;
  }

  private next(step: Step, keep = false): void {
    this.step = step;
    if (!keep) this.have = 0;
  }

  /** @returns false when the message does not belong to the COPY */
  private message(): boolean {
    const type = this.head[0]!;
    const length = this.head.readInt32BE(1) - 4;
    if (type === COPY_DATA) this.next(this.headerSeen ? 'fields' : 'header');
    else if (SKIPPED.has(type)) {
      this.left = length;
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
    if (fields === -1) return this.next('message');
    if (fields !== FIELDS) throw new CopyFormatError(`${FIELDS} fields`, fields);
    this.next('row', true);
  }

  private row(): void {
    const symbolId = this.head.readInt32BE(ROW_HEAD.symbolId);
    const length = this.head.readInt32BE(ROW_HEAD.length);
    this.rows++;
    if (length <= 0) {
      this.receiver.empty(symbolId);
      return this.next('message');
    }
    this.target = this.receiver.begin(symbolId, this.head.readInt32BE(ROW_HEAD.bars), length);
    if (this.target.length !== length) throw new CopyFormatError(`a chunk of ${this.target.length} bytes`, length);
    this.written = 0;
    this.left = length;
    this.next('chunk');
  }
}
