/**
 * The socket of a connection to PostgreSQL. It reads into one buffer that it reuses: Node's own socket allocates one for each read, which
 * was a third of the garbage collector's work while a session streamed. `pg` gets copies of the bytes; a COPY reads them in place.
 *
 * A long COPY is read about once per millisecond. The server sends 8 kB at a time, and waking up for each part would be half the cost of
 * reading it (docs/performance.md).
 */
import { Socket, type ConnectOpts, type SocketConstructorOpts } from 'node:net';

/** Size of the read buffer: more bytes than arrive in {@link PAUSE_MS}. */
const READ_BYTES = 256 * 1024;
/** A COPY counts as long after this many bytes. A short COPY, such as that of a backfill, must not wait. */
const LONG_BYTES = 128 * 1024;
/** The last message of every answer: ReadyForQuery `Z` and its length. One byte of state follows. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5]);
const READY_BYTES = READY.length + 1;
/** Time between two checks for silence. */
const SILENCE_CHECK_MS = 1_000;
/** After this much silence the socket asks the server about its connection, and again whenever the silence has doubled. */
const FIRST_ASK_AFTER_MS = 3_000;
/** How long the socket pauses between two reads of a long COPY. */
const PAUSE_MS = 1;

/** By pool: its open sockets. All sockets of a pool get one function for their silence limit, so the function stands for the pool. */
const pools = new WeakMap<() => number, Set<CopySocket>>();

/** What the server does for a connection: it runs its query (`working`), it does nothing (`abandoned`), or it is not known. */
export type BackendState = 'working' | 'abandoned' | 'unknown';

/** A socket that reads into one buffer, and may close itself when the server stays silent. */
export class CopySocket extends Socket {
  private receiver: ((bytes: Buffer) => void) | undefined;
  /** Number of bytes that the receiver got. */
  private received = 0;
  /** When the present silence began, ms: no byte of an expected answer has arrived since. Undefined while no answer is expected. */
  private silentSince: number | undefined;
  /** The last bytes that arrived, at most {@link READY_BYTES}. */
  private lastBytes: Buffer = Buffer.alloc(0);
  /** When the last byte arrived, ms. */
  private lastByteAt = performance.now();
  /** How long the present silence must last until the server is asked, ms. */
  private askAfterMs = FIRST_ASK_AFTER_MS;
  /** Asks the server what it does for this connection. */
  askServer: (() => Promise<BackendState>) | undefined;

  /**
   * @param silenceLimitMs returns how long the server may stay silent while an answer is expected, ms. Then the connection is closed
   *   (`ETIMEDOUT`). Without a limit a half-open connection stays until TCP gives up, which takes a quarter of an hour.
   */
  constructor(silenceLimitMs?: () => number) {
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    const reader: { deliver?: (bytes: Buffer) => void } = {}; // set below: `this` does not exist before `super`
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
    if (silenceLimitMs !== undefined) this.limitSilence(silenceLimitMs);
  }

  /** Passes bytes to `receiver` instead of to `pg`; with undefined, to `pg` again. The bytes are valid until the receiver returns. */
  divert(receiver: ((bytes: Buffer) => void) | undefined): void {
    this.receiver = receiver;
    this.received = 0;
  }

  /** Sends bytes of `pg` to the server: an answer is expected from now on. */
  override _write(...args: Parameters<Socket['_write']>): void {
    this.silentSince = performance.now();
    // oxlint-disable-next-line no-underscore-dangle -- the name is that of Node's stream
    super._write(...args);
  }

  /** As `_write`. Node calls this method for messages that `pg` sends together: those of every query with parameters. */
  override _writev(...args: Parameters<NonNullable<Socket['_writev']>>): void {
    this.silentSince = performance.now();
    // oxlint-disable-next-line no-underscore-dangle -- the name is that of Node's stream
    super._writev!(...args);
  }

  /** Checks once a second whether the server is silent for too long. */
  private limitSilence(limitMs: () => number): void {
    const pool = pools.get(limitMs) ?? new Set<CopySocket>();
    pools.set(limitMs, pool.add(this));
    const timer = setInterval(() => this.checkSilence(limitMs(), pool), SILENCE_CHECK_MS).unref();
    this.once('close', () => {
      clearInterval(timer);
      pool.delete(this);
    });
  }

  /** Closes the connection when the silence has reached the limit. Earlier it asks the server, and closes an abandoned connection. */
  private checkSilence(limitMs: number, pool: ReadonlySet<CopySocket>): void {
    if (this.silentSince === undefined) {
      this.askAfterMs = FIRST_ASK_AFTER_MS;
      return;
    }
    // While this socket is paused, the server is not the one that is silent.
    if (this.isPaused()) this.silentSince = performance.now();
    const since = this.silentSince;
    const silentMs = performance.now() - since;
    if (silentMs < FIRST_ASK_AFTER_MS) this.askAfterMs = FIRST_ASK_AFTER_MS; // a new silence
    if (silentMs >= limitMs) {
      this.giveUpFrom(since, pool);
    } else if (silentMs >= this.askAfterMs) {
      this.askAfterMs *= 2;
      this.askAbout(since, pool);
    }
  }

  /** Asks the server about the silence that began at `since`. Closes an abandoned connection; the silence of a slow query begins anew. */
  private askAbout(since: number, pool: ReadonlySet<CopySocket>): void {
    void this.askServer?.().then((state) => {
      if (this.silentSince !== since) return; // the silence has ended meanwhile
      if (state === 'abandoned') this.giveUpFrom(since, pool);
      if (state === 'working') this.silentSince = performance.now();
    });
  }

  /** Closes this socket, and the idle sockets of its pool that got no byte after `since`: they are probably half-open too. */
  private giveUpFrom(since: number, pool: ReadonlySet<CopySocket>): void {
    const silentMs = performance.now() - since;
    for (const socket of pool) {
      const isIdle = socket.silentSince === undefined && socket.lastByteAt < since;
      if (socket !== this && !isIdle) continue;
      const error = new Error(`expected an answer from PostgreSQL, was none for ${Math.round(silentMs / 1000)} s`);
      socket.destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
    }
  }

  private deliver(bytes: Buffer): void {
    const { receiver } = this;
    this.lastByteAt = performance.now();
    // The last message may come in two parts.
    this.lastBytes = Buffer.concat([this.lastBytes, bytes.subarray(-READY_BYTES)]).subarray(-READY_BYTES);
    const isAnswered = this.lastBytes.subarray(0, -1).equals(READY);
    this.silentSince = isAnswered ? undefined : performance.now();
    if (!receiver) {
      this.emit('data', Buffer.from(bytes));
      return;
    }
    this.received += bytes.length;
    receiver(bytes);
    const isLong = this.receiver === receiver && this.received > LONG_BYTES; // the end of a COPY removes the receiver
    // Reads nothing for a moment, so that more bytes arrive for one read. When a read fills much of the buffer, they have arrived already.
    if (isLong && bytes.length < READ_BYTES / 2) {
      this.pause();
      setTimeout(() => this.resume(), PAUSE_MS);
    }
  }
}

/** The socket for a connection with these settings of `pg`. With TLS it is an ordinary socket, because TLS wraps and reads it. */
export function socketFor({ ssl }: { ssl?: unknown }, silenceLimitMs?: () => number): Socket {
  return ssl ? new Socket() : new CopySocket(silenceLimitMs);
}
