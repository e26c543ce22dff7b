/**
 * A second connection for reads of many chunks, which passes on replies without copying them ({@link BulkSocket}). It logs in and
 * reconnects like the ioredis connection that it accompanies. Where a BulkSocket does not work, pipelines of ioredis do the same.
 */
import { AbstractConnector, type Redis, type RedisOptions } from 'ioredis';
import { BulkSocket, CONNECTION_CLOSED, type OnReply } from './bulk-socket.js';
import { type ReadCommand, runCommands } from './commands.js';
import type { Reply } from './reply-parser.js';

/**
 * Options for a second connection: no ready check, whose INFO costs as much as reading hundreds of bars. A server that loads its data
 * refuses every command anyway. Sentinel needs the check to find the master; a custom connector may need it as well.
 */
export function bulkOptions({ sentinels, Connector }: RedisOptions): RedisOptions {
  return sentinels || Connector ? {} : { enableReadyCheck: false, disableClientInfo: true };
}

/**
 * Receives values in order, as they arrive: bytes for a command named `…Buffer`, otherwise text. The values of a list come one by one with
 * their place in it, any other reply with the place -1. Bytes are valid until the receiver returns.
 * @returns true when the receiver used the value, which is then left out of the answer
 */
export type Receiver = (command: number, place: number, value: unknown) => boolean;

/** Runs commands in order. */
export interface StoreReads {
  /**
   * Returns the replies to commands, named as in ioredis: `…Buffer` for bytes, otherwise text. Values for which `receive`
   * returned true are left out. `receive` gets values even when another reply is an error. Allows one call at a time.
   * @throws the first error among the replies, and any error of the connection
   */
  run(commands: readonly ReadCommand[], receive?: Receiver): Promise<unknown[]>;
  close(): void;
}

/** Reads on a second connection where a {@link BulkSocket} works, otherwise on `redis` itself, which the caller closes. */
export function storeReads(redis: Redis): StoreReads {
  if (isPlain(redis.options)) return new BulkReads(redis);
  return { run: (commands, receive) => runAndReceive(redis, commands, receive), close: () => undefined };
}

/** {@link StoreReads.run} with a pipeline of ioredis. `receive` gets the values after the last reply. */
export async function runAndReceive(
  redis: Redis,
  commands: readonly ReadCommand[],
  receive?: Receiver,
): Promise<unknown[]> {
  const replies = await runCommands(redis, commands);
  if (!receive) return replies;
  return replies.map((reply, command) => {
    if (Array.isArray(reply) && reply.length > 0) {
      return (reply as unknown[]).filter((value, place) => !receive(command, place, value));
    }
    return receive(command, -1, reply) ? undefined : reply;
  });
}

/** True for an unencrypted connection to one server, without a key prefix, in Node: only then a {@link BulkSocket} works. */
function isPlain({ sentinels, tls, Connector, keyPrefix, path, host }: RedisOptions): boolean {
  if (process.versions['bun'] !== undefined) return false;
  return !sentinels && !tls && !Connector && !keyPrefix && (path ?? host) !== undefined;
}

/** {@link StoreReads} on a {@link BulkSocket}, which ioredis connects. */
class BulkReads implements StoreReads {
  /** The newest socket: ioredis makes another one when it reconnects. */
  private socket: BulkSocket | undefined;
  /** The socket on which all commands of the login have been answered. */
  private loggedIn: BulkSocket | undefined;
  /** The connection of ioredis that owns the socket. */
  private readonly ownRedis: Redis;
  /** How long to wait for more bytes of the replies to one call, ms. */
  private readonly timeoutMs: number | undefined;
  private isClosed = false;
  /** Ends a wait for the connection with an error. Between two attempts ioredis itself would leave the wait pending. */
  private endWaiting: (error: Error) => void = () => undefined;

  constructor(private readonly callersRedis: Redis) {
    const { options } = callersRedis;
    this.timeoutMs = options.commandTimeout ?? options.socketTimeout;
    const Connector = bulkConnector(options, (socket) => (this.socket = socket));
    this.ownRedis = callersRedis.duplicate({ ...bulkOptions(options), Connector, lazyConnect: true });
    // ioredis reconnects, and the read that fails reports the error.
    this.ownRedis.on('error', () => undefined);
  }

  async run(commands: readonly ReadCommand[], receive?: Receiver): Promise<unknown[]> {
    await this.connect();
    const areBytes = commands.map(([name]) => String(name).endsWith('Buffer'));
    // The values of a list are added one by one. Any other reply replaces the empty list.
    const replies: unknown[] = commands.map(() => []);
    let failure: Error | undefined;
    const onReply: OnReply = (command, place, reply) => {
      if (reply instanceof Error) {
        failure ??= reply;
        return;
      }
      const value = areBytes[command] ? reply : converted(reply, textOf);
      if (receive?.(command, place, value)) return;
      // The bytes are valid only until this function returns.
      const kept = areBytes[command] ? converted(reply, copyOf) : value;
      if (place < 0) replies[command] = kept;
      else (replies[command] as unknown[]).push(kept);
    };
    await this.socket!.ask(commands.map(encoded).join(''), commands.length, onReply, this.timeoutMs);
    if (failure) throw failure;
    return replies;
  }

  close(): void {
    this.isClosed = true;
    this.ownRedis.disconnect();
    this.endWaiting(new Error(CONNECTION_CLOSED));
  }

  /** Connects and logs in, unless that is done. The reply to a PING on the ready connection comes after all replies of the login. */
  private async connect(): Promise<void> {
    for (;;) {
      // This connection ends with the caller's.
      if (this.isClosed || this.callersRedis.status === 'end') throw new Error(CONNECTION_CLOSED);
      const { status } = this.ownRedis;
      const isReady = status === 'ready';
      if (isReady && this.loggedIn === this.socket) return;
      const closed = new Promise<never>((_, reject) => (this.endWaiting = reject));
      const isUnconnected = status === 'wait' || status === 'end';
      const next = isUnconnected ? this.ownRedis.connect() : this.ownRedis.ping();
      await Promise.race([next, closed]);
      // Only a PING that was sent when the connection was ready shows that no reply of the login is pending.
      if (isReady) this.loggedIn = this.socket;
    }
  }
}

/** A connector class that makes ioredis use a {@link BulkSocket}. @param connected gets each new socket */
function bulkConnector(options: RedisOptions, connected: (socket: BulkSocket) => void) {
  const { path, host, port = 6379, family, disconnectTimeout = 2_000 } = options;
  return class extends AbstractConnector {
    constructor() {
      super(disconnectTimeout);
    }

    async connect(): Promise<BulkSocket> {
      const socket = new BulkSocket();
      this.stream = socket;
      this.connecting = true;
      socket.once('error', (error) => (this.firstError = error));
      socket.connect(path ? { path } : { host, port, family });
      connected(socket);
      return socket;
    }
  };
}

/** A command in the format of the Redis protocol, without the suffix `Buffer` of its name. */
function encoded([name, ...args]: ReadCommand): string {
  let text = `*${args.length + 1}\r\n`;
  for (const arg of [String(name).replace(/Buffer$/, ''), ...args]) {
    const value = String(arg);
    text += `$${Buffer.byteLength(value)}\r\n${value}\r\n`;
  }
  return text;
}

/** The reply with all its bytes converted. */
function converted(reply: Reply, convert: (bytes: Buffer) => unknown): unknown {
  if (reply instanceof Buffer) return convert(reply);
  return Array.isArray(reply) ? reply.map((value) => converted(value, convert)) : reply;
}
const textOf = (bytes: Buffer): string => bytes.toString();
const copyOf = (bytes: Buffer): Buffer => Buffer.from(bytes);
