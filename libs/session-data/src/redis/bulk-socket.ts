/**
 * A connection's socket that can hand out replies from where they arrive, as they arrive. Node makes a buffer for each read, and the
 * parser of ioredis another one for each reply that lies across two of them: what a mirror loads becomes garbage twice, and is out
 * of the processor's cache when it is looked at (docs/performance.md).
 *
 * ioredis sees a socket like any other and logs in, selects and connects again on it. While a reply is {@link BulkSocket.ask}ed for, what
 * comes goes into one memory, again and again the same, and to nobody else: so there must be no command of ioredis under way then.
 * The memory grows to what the largest value takes, and goes with the socket.
 */
import { Socket, type ConnectOpts, type SocketConstructorOpts } from 'node:net';
import { ReplyParser, type Reply } from './reply-parser.js';

/** What ioredis says as well: whoever bears the one bears the other. */
export const CONNECTION_CLOSED = 'Connection is closed.';
const TIMED_OUT = 'Command timed out';

const MEMORY_BYTES_FIRST = 256 * 1024;
/** Room that there is for a read at least. */
const READ_BYTES_MIN = 64 * 1024;

/**
 * Hears replies as they come: of a list each value in turn with its place, anything else with the place -1, an empty list too.
 * Bytes are good until it returns.
 */
export type Hear = (command: number, place: number, value: Reply) => void;

interface Question {
  count: number;
  hear: Hear;
  resolve: () => void;
  reject: (error: Error) => void;
}

export class BulkSocket extends Socket {
  private memory = Buffer.allocUnsafeSlow(MEMORY_BYTES_FIRST);
  private readonly parser = new ReplyParser();
  private question: Question | undefined;
  /** Why it was cut here. */
  private reason: Error | undefined;
  /** What of the memory has come, and where the value begins that is not whole yet. */
  private filled = 0;
  private parsed = 0;
  /** The command whose reply comes next, or of whose list the value at `place`, one of `left`. */
  private command = 0;
  private place = 0;
  private left = 0;

  constructor() {
    const own: { socket?: BulkSocket } = {};
    // What `net.connect` hands to the constructor; the types know it there alone.
    const options: SocketConstructorOpts & ConnectOpts = {
      onread: {
        buffer: () => own.socket!.room(),
        callback: (bytes, buffer) => {
          own.socket!.arrived(bytes, buffer);
          return true;
        },
      },
    };
    super(options);
    own.socket = this;
    this.on('close', () => {
      this.question?.reject(this.reason ?? new Error(CONNECTION_CLOSED));
      this.question = undefined;
    });
  }

  /**
   * Sends commands as they are and lets their replies be heard; done after the last one. One call at a time.
   * @param count number of replies
   * @param timeoutMs how long they are waited for; after it the connection is cut, for they may still come
   * @throws an error when the connection is closed or nothing was answered in time, ReplyFormatError, and what `hear` throws: the connection
   *   is cut then, too
   */
  async ask(commands: string, count: number, hear: Hear, timeoutMs?: number): Promise<void> {
    if (this.question) throw new Error('expected one call at a time, was a second one');
    if (this.destroyed || !this.writable) throw new Error(CONNECTION_CLOSED);
    this.filled = this.parsed = this.command = this.left = 0;
    const done = new Promise<void>((resolve, reject) => {
      this.question = { count, hear, resolve, reject };
    });
    const timer = timeoutMs ? setTimeout(() => this.fail(new Error(TIMED_OUT)), timeoutMs) : undefined;
    this.write(commands);
    return done.finally(() => clearTimeout(timer));
  }

  /** Nothing more is read here, for what was asked for may be half there. Whoever asked hears of it when ioredis does. */
  private fail(error: Error): void {
    this.reason = error;
    this.destroy();
  }

  private room(): Uint8Array {
    if (!this.question) return this.memory;
    if (this.memory.length - this.filled < READ_BYTES_MIN) this.makeRoom();
    return this.memory.subarray(this.filled);
  }

  /** Forgets what was heard; grows when what is left is a large part of a value. */
  private makeRoom(): void {
    const rest = this.memory.subarray(this.parsed, this.filled);
    if (rest.length > this.memory.length / 2) this.memory = Buffer.allocUnsafeSlow(2 * this.memory.length);
    this.memory.set(rest);
    this.filled = rest.length;
    this.parsed = 0;
  }

  private arrived(bytes: number, buffer: Uint8Array): void {
    const { question } = this;
    if (!question) {
      this.emit('data', Buffer.from(buffer.subarray(0, bytes)));
      return;
    }
    this.filled += bytes;
    try {
      while (this.command < question.count) if (!this.next(question.hear)) return;
      // At once: Node asks for room for the next read before anybody hears of this.
      this.question = undefined;
      question.resolve();
    } catch (error) {
      this.fail(error as Error);
    }
  }

  /** Lets the next value be heard, if it is whole. */
  private next(hear: Hear): boolean {
    const { parser, memory, filled } = this;
    if (this.left === 0) {
      const first = parser.begin(memory, this.parsed, filled);
      if (first < 0) return false;
      if (first > this.parsed) this.left = parser.length;
      this.place = this.left > 0 ? 0 : -1;
      this.parsed = first;
    }
    const next = parser.read(memory, this.parsed, filled);
    if (next < 0) return false;
    this.parsed = next;
    hear(this.command, this.place, parser.reply);
    this.place++;
    if (this.left > 0) this.left--;
    if (this.left === 0) this.command++;
    return true;
  }
}
