/**
 * A connection for reads of many chunks at once, beside one of ioredis: it logs in and comes back as that does, and hands out the bytes
 * of replies as they arrive, from where they arrive ({@link BulkSocket}). Where a connection is one that it cannot make, the pipelines of ioredis
 * serve as well.
 */
import { AbstractConnector, type Redis, type RedisOptions } from 'ioredis';
import { BulkSocket, CONNECTION_CLOSED, type Hear } from './bulk-socket.js';
import type { ReadCommand } from './read-command.js';
import { runCommands } from './pipeline.js';
import type { Reply } from './reply-parser.js';

/**
 * How a connection beside another one is made: to the same server, which says with each error that it is loading its data, so that there
 * is no need to ask for it at first. INFO takes as long to answer and to read as some hundred bars. Of a Sentinel's servers it says which
 * is the master.
 */
export function quickBeside({ sentinels, Connector }: RedisOptions): RedisOptions {
  return sentinels || Connector ? {} : { enableReadyCheck: false, disableClientInfo: true };
}

/**
 * Is given the values of replies in order, as they come, text and bytes as the command's name says: of a list each value with its place,
 * anything else with the place -1. Bytes are good until it returns. @returns whether it took the value, which is in no answer then
 */
export type Take = (command: number, place: number, value: unknown) => boolean;

/** Runs commands one after the other. */
export interface StoreReads {
  /**
   * Answers the replies of commands, named as ioredis names them: `…Buffer` for bytes, otherwise text; without what `take` took, even
   * where one of them is an error. One call at a time. @throws the first error among the replies, and what the connection fails with
   */
  run(commands: readonly ReadCommand[], take?: Take): Promise<unknown[]>;
  close(): void;
}

/** @param redis whose server, login and database are those of the reads; it stays the caller's */
export function storeReads(redis: Redis): StoreReads {
  if (!isPlain(redis.options)) {
    return { run: (commands, take) => runAndTake(redis, commands, take), close: () => undefined };
  }
  return new BulkReads(redis);
}

/** The same by a pipeline of ioredis. */
export async function runAndTake(redis: Redis, commands: readonly ReadCommand[], take?: Take): Promise<unknown[]> {
  const replies = await runCommands(redis, commands);
  if (!take) return replies;
  return replies.map((reply, i) => {
    if (Array.isArray(reply) && reply.length > 0) {
      return (reply as unknown[]).filter((value, place) => !take(i, place, value));
    }
    return take(i, -1, reply) ? undefined : reply;
  });
}

/** A connection to one server, in the clear, by names that are sent as they are. */
function isPlain({ sentinels, tls, Connector, keyPrefix, path, host }: RedisOptions): boolean {
  return !sentinels && !tls && !Connector && !keyPrefix && (path ?? host) !== undefined;
}

class BulkReads implements StoreReads {
  private socket: BulkSocket | undefined;
  /** The socket on which everything has been answered that ioredis said of its own accord. */
  private greeted: BulkSocket | undefined;
  private readonly redis: Redis;
  /** How long an answer is waited for, ms. */
  private readonly timeoutMs: number | undefined;
  private isClosed = false;
  /** Ends what waits for a connection: ioredis does not, while it is between two attempts. */
  private endWaiting: (error: Error) => void = () => undefined;

  constructor(private readonly beside: Redis) {
    const { options } = beside;
    this.timeoutMs = options.commandTimeout ?? options.socketTimeout;
    const connected = (socket: BulkSocket) => (this.socket = socket);
    class Connector extends BulkConnector {
      constructor() {
        super(options, connected);
      }
    }
    this.redis = beside.duplicate({ ...quickBeside(options), Connector, lazyConnect: true });
    // It connects again by itself; what is wrong is said by the read that fails.
    this.redis.on('error', () => undefined);
  }

  async run(commands: readonly ReadCommand[], take?: Take): Promise<unknown[]> {
    await this.connect();
    const areBytes = commands.map(([name]) => String(name).endsWith('Buffer'));
    const replies: unknown[] = commands.map(() => []);
    let failure: Error | undefined;
    const hear: Hear = (command, place, reply) => {
      if (reply instanceof Error) {
        failure ??= reply;
        return;
      }
      const value = areBytes[command] ? reply : textOf(reply);
      if (take?.(command, place, value)) return;
      const kept = areBytes[command] ? copyOf(reply) : value;
      if (place < 0) replies[command] = kept;
      else (replies[command] as unknown[]).push(kept);
    };
    await this.socket!.ask(commands.map(encoded).join(''), commands.length, hear, this.timeoutMs);
    if (failure) throw failure;
    return replies;
  }

  close(): void {
    this.isClosed = true;
    this.redis.disconnect();
    this.endWaiting(new Error(CONNECTION_CLOSED));
  }

  /** Connects and logs in, as ioredis does for any command; then nothing is under way. */
  private async connect(): Promise<void> {
    for (;;) {
      // Whoever closed the connection beside this one wants no more of either.
      if (this.isClosed || this.beside.status === 'end') throw new Error(CONNECTION_CLOSED);
      const { status } = this.redis;
      if (status === 'ready' && this.greeted === this.socket) return;
      const ended = new Promise<never>((_, reject) => (this.endWaiting = reject));
      await Promise.race([status === 'wait' || status === 'end' ? this.redis.connect() : this.redis.ping(), ended]);
      if (status === 'ready') this.greeted = this.socket;
    }
  }
}

class BulkConnector extends AbstractConnector {
  constructor(
    private readonly options: RedisOptions,
    private readonly connected: (socket: BulkSocket) => void,
  ) {
    super(options.disconnectTimeout ?? 2_000);
  }

  async connect(): Promise<BulkSocket> {
    const { path, host, port = 6379, family } = this.options;
    const socket = new BulkSocket();
    this.stream = socket;
    this.connecting = true;
    socket.once('error', (error) => (this.firstError = error));
    socket.connect(path ? { path } : { host, port, family });
    this.connected(socket);
    return socket;
  }
}

function encoded([name, ...args]: ReadCommand): string {
  let text = `*${args.length + 1}\r\n`;
  for (const arg of [String(name).replace(/Buffer$/, ''), ...args]) {
    const value = String(arg);
    text += `$${Buffer.byteLength(value)}\r\n${value}\r\n`;
  }
  return text;
}

function copyOf(reply: Reply): unknown {
  if (reply instanceof Buffer) return Buffer.from(reply);
  return Array.isArray(reply) ? reply.map(copyOf) : reply;
}

function textOf(reply: Reply): unknown {
  if (reply instanceof Buffer) return reply.toString();
  return Array.isArray(reply) ? reply.map(textOf) : reply;
}
