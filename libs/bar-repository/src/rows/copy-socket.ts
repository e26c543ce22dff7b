/**
 * The socket of a connection to Postgres. It reads into one buffer again and again, where Node's own makes a new one for each read:
 * 270 MB of them for three million rows, a third of what the garbage collector had to do while a session streamed.
 *
 * `pg` sees a socket like any other: it gets copies of what comes. A COPY takes the bytes where they are, see {@link CopySocket.divert}.
 * A long one is read about once a millisecond: the server sends 8 kB at a time, and to be woken for each of them is half of what it costs
 * to read it (docs/performance.md).
 */
import { Socket, type ConnectOpts, type SocketConstructorOpts } from 'node:net';

/** More than comes in a {@link REST_MS}. */
const READ_BYTES = 256 * 1024;
/** A COPY is long when this much of it has come: a short one, a backfill's, must not wait for anything. */
const LONG_BYTES = 128 * 1024;
/** How long the next bytes of a long COPY are left to gather. */
const REST_MS = 1;

export class CopySocket extends Socket {
  private taker: ((bytes: Buffer) => void) | undefined;
  /** Bytes that the taker got. */
  private taken = 0;

  constructor() {
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    const reader: { deliver?: (bytes: Buffer) => void } = {};
    // What `net.connect` hands to the constructor; the types know it there alone.
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

  /** Gives what comes to `taker` instead of `pg`, until it is called with nothing; the bytes are valid until it returns. */
  divert(taker: ((bytes: Buffer) => void) | undefined): void {
    this.taker = taker;
    this.taken = 0;
  }

  private deliver(bytes: Buffer): void {
    const { taker } = this;
    if (!taker) {
      this.emit('data', Buffer.from(bytes));
      return;
    }
    this.taken += bytes.length;
    taker(bytes);
    const isLong = this.taker === taker && this.taken > LONG_BYTES;
    if (isLong && bytes.length < READ_BYTES / 2) this.rest();
  }

  private rest(): void {
    this.pause();
    setTimeout(() => this.resume(), REST_MS);
  }
}

/** The socket for a connection with these settings of `pg`. One that is to speak TLS is an ordinary one: TLS reads for itself. */
export function socketFor({ ssl }: { ssl?: unknown }): Socket {
  return ssl ? new Socket() : new CopySocket();
}
