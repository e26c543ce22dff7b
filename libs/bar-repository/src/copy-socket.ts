/**
 * The socket of a connection to Postgres. It reads into one buffer again and again, where Node's own makes a new one for each read:
 * 270 MB of them for three million rows, a third of what the garbage collector had to do while a session streamed.
 *
 * `pg` sees a socket like any other: it gets copies of what comes. A COPY takes the bytes where they are, see {@link CopySocket.taker}.
 */
import { Socket, type ConnectOpts, type SocketConstructorOpts } from 'node:net';

/** More than comes at once: the server sends 8 kB at a time. */
const READ_BYTES = 256 * 1024;

export class CopySocket extends Socket {
  /** Gets what comes, in place of `pg`, while it is set; the bytes are valid until it returns. */
  taker: ((bytes: Buffer) => void) | undefined;

  constructor() {
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    const reader: { take?: (bytes: Buffer) => void } = {};
    // What `net.connect` hands to the constructor; the types know it there alone.
    const options: SocketConstructorOpts & ConnectOpts = {
      onread: {
        buffer,
        callback: (bytes) => {
          reader.take?.(buffer.subarray(0, bytes));
          return true;
        },
      },
    };
    super(options);
    reader.take = (bytes) => {
      if (this.taker) this.taker(bytes);
      else this.emit('data', Buffer.from(bytes));
    };
  }
}

/** The socket for a connection with these settings of `pg`. One that is to speak TLS is an ordinary one: TLS reads for itself. */
export function socketFor({ ssl }: { ssl?: unknown }): Socket {
  return ssl ? new Socket() : new CopySocket();
}
