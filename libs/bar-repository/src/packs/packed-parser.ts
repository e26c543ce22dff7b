/**
 * Takes the bytes of a running `COPY (SELECT symbol_id, bars, chunk …) TO STDOUT (FORMAT binary)` as they come from the socket and
 * puts each chunk where its receiver wants it: one copy, from the socket's buffer to its place, however many buffers it lies across.
 * Knows nothing of sockets nor of what is in a chunk; whatever is not COPY it leaves to its caller, as ./copy-out-parser.ts does.
 */
import { COPY_HEADER, CopyFormatError } from '../rows/index.js';

/** Gets packed chunks, one after the other. */
export interface PackReceiver {
  /** Where the next `length` bytes go; they are there when {@link end} is called, and not before. */
  begin(symbolId: number, bars: number, length: number): Uint8Array;
  /** The bytes of the last `begin` are there. */
  end(): void;
  /** A symbol without bars. */
  empty(symbolId: number): void;
}

const COPY_DATA = 0x64;
const COPY_DONE = 0x63;
/** CopyOutResponse, NoticeResponse, ParameterStatus, NotificationResponse: may come in between. */
const PASSED_OVER = new Set([0x48, 0x4e, 0x53, 0x41]);
const MESSAGE_HEAD = 5;
const FIELDS = 3;
/** Field count, then the length and value of two int4, then the length of the chunk. */
const ROW_HEAD = { bytes: 22, symbolId: 6, bars: 14, length: 18 } as const;

type Step = 'message' | 'header' | 'fields' | 'row' | 'chunk' | 'pass';
const NEEDED = { message: MESSAGE_HEAD, header: COPY_HEADER.length, fields: 2, row: ROW_HEAD.bytes } as const;

export class PackedParser {
  /** Rows handed out. */
  rows = 0;
  private step: Step = 'message';
  /** Small things, such as a message's head, are put together here. */
  private readonly head = Buffer.alloc(32);
  private have = 0;
  private headerSeen = false;
  private target: Uint8Array = this.head;
  private written = 0;
  /** Bytes of the chunk, or of a message of no interest, that are still to come. */
  private left = 0;

  constructor(private readonly receiver: PackReceiver) {}

  /**
   * Reads a part of the stream.
   * @returns undefined while the COPY goes on; otherwise the bytes that follow it
   * @throws CopyFormatError, what the receiver throws
   */
  read(bytes: Buffer): Buffer | undefined {
    let at = 0;
    while (at < bytes.length) {
      const { step } = this;
      if (step === 'chunk' || step === 'pass') {
        at += this.take(bytes, at, step === 'chunk');
        continue;
      }
      const count = Math.min(NEEDED[step] - this.have, bytes.length - at);
      bytes.copy(this.head, this.have, at, at + count);
      this.have += count;
      at += count;
      if (this.have < NEEDED[step]) return undefined;
      if (step === 'message' && !this.message()) {
        // The end is ours; anything else is for `pg`, from its first byte.
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

  /** @returns false when the message is none of the COPY's */
  private message(): boolean {
    const type = this.head[0]!;
    const length = this.head.readInt32BE(1) - 4;
    if (type === COPY_DATA) this.next(this.headerSeen ? 'fields' : 'header');
    else if (PASSED_OVER.has(type)) {
      this.left = length;
      this.next(length > 0 ? 'pass' : 'message');
    } else return false;
    return true;
  }

  private header(): void {
    // Flags and extension are zero: this server's COPY has none.
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
