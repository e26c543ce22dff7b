/**
 * A connection's socket that can hand out replies from where they arrive. Node makes a buffer for each read, and the parser of
 * ioredis another one for each reply that lies across two of them: all that a mirror loads, twice over, as garbage which makes V8 mark
 * its whole heap about once in a short session (docs/performance.md).
 *
 * ioredis sees a socket like any other and logs in, selects and connects again on it. While a reply is {@link BulkSocket.ask}ed for, what
 * comes goes into one memory, again and again the same, and to nobody else: so there must be no command of ioredis under way then.
 */
import { Socket, type ConnectOpts, type SocketConstructorOpts } from 'node:net';
import { ReplyParser, type Reply } from './reply-parser.js';

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
    this.on('close', () => this.question?.reject(new Error('Connection is closed.')));
  }

  /**
   * Sends commands as they are and answers their replies, which are good until the next call. One call at a time.
   * @param count number of replies @throws what the socket fails with, ReplyFormatError
   */
  ask(commands: string, count: number): Promise<Reply[]> {
    return new Promise((resolve, reject) => {
      if (this.destroyed || !this.writable) return reject(new Error('Connection is closed.'));
      this.filled = this.parsed = 0;
      this.question = { count, replies: [], resolve, reject };
      this.write(commands);
    });
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
      this.question = undefined;
      question.reject(error as Error);
      this.destroy();
    }
  }
}
