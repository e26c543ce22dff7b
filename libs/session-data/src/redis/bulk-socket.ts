/**
 * A socket that passes on replies as they arrive, from the memory into which they were read. Without this class, the chunks that a mirror
 * loads would be copied twice, and would have left the processor's cache when they are used (docs/performance.md).
 *
 * ioredis uses it like any other socket to log in and reconnect. During {@link BulkSocket.ask} all that arrives goes into one reused block
 * of memory and not to ioredis, so no command of ioredis may be pending then.
 */
import { Socket, type ConnectOpts, type SocketConstructorOpts } from 'node:net';
import { ReplyParser, type Reply } from './reply-parser.js';

/** The same text as in ioredis, so that callers treat both errors alike. */
export const CONNECTION_CLOSED = 'Connection is closed.';
const TIMED_OUT = 'Command timed out';

const MEMORY_BYTES_FIRST = 256 * 1024;
/** Least number of free bytes for a read. */
const READ_BYTES_MIN = 64 * 1024;

/** As `Receiver` of bulk-reads.ts, with the replies as they were parsed. Bytes are valid until the function returns. */
export type OnReply = (command: number, place: number, value: Reply) => void;

/** The pending call of {@link BulkSocket.ask}. */
interface PendingCall {
  /** Number of replies. */
  count: number;
  onReply: OnReply;
  resolve: () => void;
  reject: (error: Error) => void;
}

export class BulkSocket extends Socket {
  private memory = Buffer.allocUnsafeSlow(MEMORY_BYTES_FIRST);
  private readonly parser = new ReplyParser();
  private pendingCall: PendingCall | undefined;
  /** Ends the pending call when nothing arrives. */
  private timer: NodeJS.Timeout | undefined;
  /** Why this class closed the connection; undefined when the connection closed otherwise. */
  private failure: Error | undefined;
  /** End of the received bytes in `memory`. */
  private filled = 0;
  /** Start of the first value in `memory` that is not passed on yet. */
  private parsed = 0;
  /** Index of the command whose reply is next. */
  private command = 0;
  /** In a list the place of the next value, otherwise -1. */
  private place = 0;
  /** In a list the number of values that remain, otherwise 0. */
  private valuesLeft = 0;

  constructor() {
    // The callbacks cannot use `this`, because they are made before `super` is called.
    const self: { socket?: BulkSocket } = {};
    // The types name `onread` only for `net.connect`, which passes it to this constructor.
    const options: SocketConstructorOpts & ConnectOpts = {
      onread: {
        buffer: () => self.socket!.freeMemory(),
        callback: (bytes, buffer) => {
          self.socket!.onBytes(bytes, buffer);
          return true;
        },
      },
    };
    super(options);
    self.socket = this;
    this.on('close', () => {
      this.pendingCall?.reject(this.failure ?? new Error(CONNECTION_CLOSED));
      this.pendingCall = undefined;
    });
  }

  /**
   * Sends encoded commands and passes on their `count` replies; resolves after the last one. Allows one call at a time.
   * @param timeoutMs how long to wait for more bytes @throws an error when the connection closes or the time is over, ReplyFormatError, and
   * what `onReply` throws. After each of these the connection is closed, because replies may still arrive
   */
  async ask(commands: string, count: number, onReply: OnReply, timeoutMs?: number): Promise<void> {
    if (this.pendingCall) throw new Error('expected one call at a time, was a second one');
    if (this.destroyed || !this.writable) throw new Error(CONNECTION_CLOSED);
    this.filled = this.parsed = this.command = this.valuesLeft = 0;
    const done = new Promise<void>((resolve, reject) => {
      this.pendingCall = { count, onReply, resolve, reject };
    });
    this.timer = timeoutMs ? setTimeout(() => this.onSilence(), timeoutMs) : undefined;
    this.write(commands);
    return done.finally(() => clearTimeout(this.timer));
  }

  /** Fails, unless bytes were only not read yet: after a long computation of the program, Node runs timers before it reads sockets. */
  private onSilence(): void {
    const { bytesRead } = this;
    setImmediate(() => {
      if (this.pendingCall && this.bytesRead === bytesRead) this.fail(new Error(TIMED_OUT));
    });
  }

  /** Closes the connection, because a reply may be half read. The pending call rejects on `close`. */
  private fail(error: Error): void {
    this.failure = error;
    this.destroy();
  }

  /** Where Node may write the next bytes. Without a pending call that is the whole memory, because ioredis gets copies. */
  private freeMemory(): Uint8Array {
    if (!this.pendingCall) return this.memory;
    if (this.memory.length - this.filled < READ_BYTES_MIN) this.compact();
    return this.memory.subarray(this.filled);
  }

  /** Moves the bytes that are not parsed to the front. Doubles the memory when they fill more than half of it. */
  private compact(): void {
    const rest = this.memory.subarray(this.parsed, this.filled);
    if (rest.length > this.memory.length / 2) this.memory = Buffer.allocUnsafeSlow(2 * this.memory.length);
    this.memory.set(rest);
    this.filled = rest.length;
    this.parsed = 0;
  }

  /** Passes on what arrived: to the pending call, otherwise to ioredis. */
  private onBytes(bytes: number, buffer: Uint8Array): void {
    const { pendingCall } = this;
    if (!pendingCall) {
      this.emit('data', Buffer.from(buffer.subarray(0, bytes)));
      return;
    }
    this.filled += bytes;
    this.timer?.refresh(); // the replies of a large read may take longer than the limit
    try {
      while (this.command < pendingCall.count) {
        if (!this.passOnValue(pendingCall.onReply)) return;
      }
      // Cleared here and not after the promise, because Node asks for memory for the next read before the caller continues.
      this.pendingCall = undefined;
      pendingCall.resolve();
    } catch (error) {
      this.fail(error as Error);
    }
  }

  /** Passes on the next value: a reply, or one value of a list. @returns false when the value is incomplete */
  private passOnValue(onReply: OnReply): boolean {
    const { parser, memory, filled } = this;
    // A list has values left until its last one is passed on, so 0 means the start of a reply.
    const isAtReplyStart = this.valuesLeft === 0;
    if (isAtReplyStart) {
      const first = parser.begin(memory, this.parsed, filled);
      if (first < 0) return false;
      // `begin` returns a later position only for a list that is not empty.
      if (first > this.parsed) this.valuesLeft = parser.length;
      this.place = this.valuesLeft > 0 ? 0 : -1;
      this.parsed = first;
    }
    const end = parser.read(memory, this.parsed, filled);
    if (end < 0) return false;
    this.parsed = end;
    onReply(this.command, this.place, parser.reply);
    this.place++; // also outside of a list, where it does no harm: the next reply sets it
    if (this.valuesLeft > 0) this.valuesLeft--;
    if (this.valuesLeft === 0) this.command++;
    return true;
  }
}
