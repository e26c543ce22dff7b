/**
 * A connection's socket that can hand out replies from where they arrive. Node makes a buffer for each read, and the parser of
 * ioredis another one for each reply that lies across two of them: what a mirror loads becomes garbage twice (docs/performance.md).
 *
 * ioredis sees a socket like any other and logs in, selects and connects again on it. While a reply is {@link BulkSocket.ask}ed for, what
 * comes goes into one memory, again and again the same, and to nobody else: so there must be no command of ioredis under way then.
 * The memory grows to what the largest answer takes, and goes with the socket.
 */
import { Socket, type ConnectOpts, type SocketConstructorOpts } from 'node:net';
import { ReplyParser, type Reply } from './reply-parser.js';

/** What ioredis says as well: whoever bears the one bears the other. */
export const CONNECTION_CLOSED = 'Connection is closed.';
const TIMED_OUT = 'Command timed out';

const MEMORY_BYTES_FIRST = 256 * 1024;
/** Room that there is for a read at least. */
const READ_BYTES_MIN = 64 * 1024;

interface Question {
  count: number;
  replies: Reply[];
  resolve: (replies: Reply[]) => void;
  reject: (error: Error) => void;
}

export class BulkSocket extends Socket {
  private memory = Buffer.allocUnsafeSlow(MEMORY_BYTES_FIRST);
  private readonly parser = new ReplyParser();
  private question: Question | undefined;
  /** Why it was cut here. */
  private reason: Error | undefined;
  /** What of the memory has come, and where the reply begins that is not whole yet. */
  private filled = 0;
  private parsed = 0;

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
   * Sends commands as they are and answers their replies, which are good until the next call. One call at a time.
   * @param count number of replies
   * @param timeoutMs how long they are waited for; after it the connection is cut, for they may still come
   * @throws an error when the connection is closed or nothing was answered in time, ReplyFormatError
   */
  async ask(commands: string, count: number, timeoutMs?: number): Promise<Reply[]> {
    if (this.question) throw new Error('expected one call at a time, was a second one');
    if (this.destroyed || !this.writable) throw new Error(CONNECTION_CLOSED);
    this.filled = this.parsed = 0;
    const replies = new Promise<Reply[]>((resolve, reject) => {
      this.question = { count, replies: [], resolve, reject };
    });
    const timer = timeoutMs ? setTimeout(() => this.fail(new Error(TIMED_OUT)), timeoutMs) : undefined;
    this.write(commands);
    return replies.finally(() => clearTimeout(timer));
  }

  /** Nothing more is read here, for what was asked for may be half there. Whoever asked hears of it when ioredis does. */
  private fail(error: Error): void {
    this.reason = error;
    this.destroy();
  }

  private room(): Uint8Array {
    if (!this.question) return this.memory;
    if (this.memory.length - this.filled < READ_BYTES_MIN) {
      const larger = Buffer.allocUnsafeSlow(2 * this.memory.length);
      this.memory.copy(larger, 0, 0, this.filled);
      this.memory = larger;
    }
    return this.memory.subarray(this.filled);
  }

  private arrived(bytes: number, buffer: Uint8Array): void {
    const { question, parser } = this;
    if (!question) {
      this.emit('data', Buffer.from(buffer.subarray(0, bytes)));
      return;
    }
    this.filled += bytes;
    try {
      while (question.replies.length < question.count) {
        const next = parser.read(this.memory, this.parsed, this.filled);
        if (next < 0) return;
        question.replies.push(parser.reply);
        this.parsed = next;
      }
      // At once: Node asks for room for the next read before anybody hears of this.
      this.question = undefined;
      question.resolve(question.replies);
    } catch (error) {
      this.fail(error as Error);
    }
  }
}
