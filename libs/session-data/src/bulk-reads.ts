/**
 * A connection for reads of many chunks at once, beside one of ioredis: it logs in and comes back as that does, and hands out the bytes
 * of replies from where they arrived ({@link BulkSocket}). Where a connection is one that it cannot make, the pipelines of ioredis
 * serve as well.
 */
import { AbstractConnector, type Redis, type RedisOptions } from 'ioredis';
import { BulkSocket } from './bulk-socket.js';
import type { ReadCommand } from './clocked-reads.js';
import { runPipeline } from './pipeline.js';
import type { Reply } from './reply-parser.js';

/** Runs commands one after the other. */
export interface StoreReads {
  /**
   * Answers the replies of commands, named as ioredis names them: `…Buffer` for bytes, which are good until the next call, otherwise text.
   * One call at a time. @throws the first error among the replies, and what the connection fails with
   */
  run(commands: readonly ReadCommand[]): Promise<unknown[]>;
  close(): void;
}

/** @param redis whose server, login and database are those of the reads; it stays the caller's */
export function storeReads(redis: Redis): StoreReads {
  if (!isPlain(redis.options)) {
    return { run: (commands) => runPipeline(redis.pipeline([...commands])), close: () => undefined };
  }
  return new BulkReads(redis);
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

  constructor(beside: Redis) {
    const { options } = beside;
    const connected = (socket: BulkSocket) => (this.socket = socket);
    class Connector extends BulkConnector {
      constructor() {
        super(options, connected);
      }
    }
    this.redis = beside.duplicate({ Connector, commandTimeout: undefined, lazyConnect: true });
    // It connects again by itself; what is wrong is said by the read that fails.
    this.redis.on('error', () => undefined);
  }

  async run(commands: readonly ReadCommand[]): Promise<unknown[]> {
    await this.connect();
    const replies = await this.socket!.ask(commands.map(encoded).join(''), commands.length);
    return replies.map((reply, i) => {
      if (reply instanceof Error) throw reply;
      return String(commands[i]![0]).endsWith('Buffer') ? reply : textOf(reply);
    });
  }

  /** Connects, logs in and waits for what is being loaded, as long as ioredis does that for any command; nothing is under way then. */
  private async connect(): Promise<void> {
    while (this.redis.status !== 'ready' || this.greeted !== this.socket) {
      await this.redis.ping();
      this.greeted = this.socket;
    }
  }

  close(): void {
    this.redis.disconnect();
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

function textOf(reply: Reply): unknown {
  if (reply instanceof Buffer) return reply.toString();
  return Array.isArray(reply) ? reply.map(textOf) : reply;
}
