/**
 * The socket of a connection to PostgreSQL. It reads into one buffer that it reuses. Node's own socket allocates a buffer for each
 * read: 270 MB for three million rows, which was a third of the garbage collector's work while a session streamed.
 *
 * `pg` gets copies of the bytes and sees an ordinary socket. A COPY reads the bytes in place, see {@link CopySocket.divert}.
 * A long COPY is read about once per millisecond. The server sends 8 kB at a time, and waking up for each part would be half the
 * cost of reading it (docs/performance.md).
 */
import { Socket, type ConnectOpts, type SocketConstructorOpts } from 'node:net';

/** More bytes than arrive in {@link REST_MS}. */
const READ_BYTES = 256 * 1024;
/** A COPY counts as long after so many bytes. A short COPY, such as that of a backfill, must not wait. */
const LONG_BYTES = 128 * 1024;
/** How long the socket pauses between two reads of a long COPY. */
const REST_MS = 1;

export class CopySocket extends Socket {
  private receiver: ((bytes: Buffer) => void) | undefined;
  /** Bytes that the receiver got. */
  private received = 0;

  constructor() {
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    const reader: { deliver?: (bytes: Buffer) => void } = {};
    // `net.connect` passes `onread` to the constructor, but the types declare it for `connect` only.
    const options: SocketConstructorOpts & ConnectOpts = {
      onread: {
        buffer,
        callback: (bytes) => {
          reader.deliver?.(buffer.subarray(0, bytes));
          return true;
        },
      },
    };
    super(options);
    reader.deliver = (bytes) => this.deliver(bytes);
  }

  /** Passes bytes to `receiver` instead of `pg`; undefined ends that. The bytes are valid until the receiver returns. */
  divert(receiver: ((bytes: Buffer) => void) | undefined): void {
    this.receiver = receiver;
    this.received = 0;
  }

  private deliver(bytes: Buffer): void {
    const { receiver } = this;
    if (!receiver) {
      this.emit('data', Buffer.from(bytes));
      return;
    }
    this.received += bytes.length;
    receiver(bytes);
    const isLong = this.receiver === receiver && this.received > LONG_BYTES;
    if (isLong && bytes.length < READ_BYTES / 2) this.rest();
  }

  private rest(): void {
    this.pause();
    setTimeout(() => this.resume(), REST_MS);
  }
}

/** The socket for a connection with these settings of `pg`. With TLS it is an ordinary socket, because TLS wraps it and reads itself. */
export function socketFor({ ssl }: { ssl?: unknown }): Socket {
  return ssl ? new Socket() : new CopySocket();
}
