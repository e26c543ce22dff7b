/** One Redis server of a lab, with methods that cause faults. It keeps its port and its append-only file when it restarts. */
import { findRedis, freePort } from '@barkeep/local-system';
import { Redis } from 'ioredis';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endWithUs } from './end-with-us.js';

const READY_LIMIT_MS = 60_000;
const CHECK_EVERY_MS = 20;
/** `[key, dump, expiry, key, dump, expiry, …]` of all keys. An expiry is epoch ms, 0 for a key without one. */
const DUMP_ALL = `local all = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  all[#all + 1] = key
  all[#all + 1] = redis.call('DUMP', key)
  all[#all + 1] = math.max(0, redis.call('PEXPIRETIME', key))
end
return all`;

export class RedisServer {
  readonly url: string;
  /** A connection for the lab only; it works while the server runs. */
  readonly client: Redis;
  private child: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    port: number,
  ) {
    this.url = `redis://127.0.0.1:${port}/0`;
    this.client = new Redis(this.url, { maxRetriesPerRequest: 0, commandTimeout: 5_000, retryStrategy: () => 100 });
    this.client.on('error', () => undefined);
  }

  /** Starts a server on a free port. @param folder of its files; created if missing @param more settings, as in redis.conf */
  static async start(folder: string, more: readonly string[] = []): Promise<RedisServer> {
    mkdirSync(folder, { recursive: true });
    const port = await freePort();
    const settings = [
      'bind 127.0.0.1',
      `port ${port}`,
      `dir ${folder}`,
      'appendonly yes',
      'appendfsync everysec',
      'save ""',
      'maxmemory-policy noeviction',
      'enable-debug-command yes', // for `sleep`
      'aof-load-truncated yes',
      'set-proc-title no',
      ...more,
    ];
    writeFileSync(join(folder, 'redis.conf'), `${settings.join('\n')}\n`);
    const server = new RedisServer(folder, port);
    await server.start();
    return server;
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const { path, env } = findRedis(process.env, () => undefined); // without a log
    this.child = spawn(path, [join(this.folder, 'redis.conf')], { env, stdio: 'ignore' });
    endWithUs(this.child);
    const deadline = Date.now() + READY_LIMIT_MS;
    for (;;) {
      const answer = await this.client.ping().catch(() => '');
      if (answer === 'PONG') return;
      if (Date.now() > deadline) throw new Error(`Redis in ${this.folder} did not answer`);
      await delay(CHECK_EVERY_MS);
    }
  }

  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Shuts it down cleanly, so that its file has all writes. */
  async shutdown(): Promise<void> {
    await this.end('SIGTERM');
  }

  async empty(): Promise<void> {
    await this.client.flushall();
  }

  /** Cuts `bytes` from the end of the append-only file, at most half of it, as a power loss does. The server must not run. */
  cutTail(bytes: number): void {
    const folder = join(this.folder, 'appendonlydir');
    const name = readdirSync(folder).find((candidate) => candidate.endsWith('.incr.aof'));
    if (name === undefined) return;
    const file = join(folder, name);
    const { size } = statSync(file);
    truncateSync(file, Math.max(Math.ceil(size / 2), size - bytes));
  }

  /** Copies all keys. @returns a function that replaces the server's keys by the copy, in one transaction */
  async snapshot(): Promise<() => Promise<void>> {
    const kept = (await this.client.callBuffer('EVAL', DUMP_ALL, 0)) as (Buffer | number)[];
    return async () => {
      const restore = this.client.multi().flushall();
      for (let i = 0; i < kept.length; i += 3) {
        const [key, dump, expiresAt] = kept.slice(i, i + 3) as [Buffer, Buffer, number];
        // Keys keep the moment of their expiry, as in a restored file: a lock must still expire.
        restore.restore(key, expiresAt, dump, 'ABSTTL');
      }
      await restore.exec();
    };
  }

  /** Changes a setting of the running server. */
  async config(name: string, value: string): Promise<void> {
    await this.client.config('SET', name, value);
  }

  /** Sends a command on the lab's connection. */
  async control(command: string, ...args: (string | number)[]): Promise<void> {
    await this.client.call(command, ...args);
  }

  /** Blocks the server: it answers no client for this time. */
  async sleep(forMs: number): Promise<void> {
    const withoutTimeout = this.client.duplicate({ commandTimeout: undefined });
    withoutTimeout.on('error', () => undefined);
    await withoutTimeout.call('DEBUG', 'SLEEP', (forMs / 1000).toFixed(2)).catch(() => undefined);
    withoutTimeout.disconnect();
  }

  async close(): Promise<void> {
    this.client.disconnect();
    await this.end('SIGKILL');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}
