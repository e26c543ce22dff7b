/**
 * Starts one private Redis server: on loopback only, with a random password, without eviction. It writes data that are to be kept to an
 * append-only file.
 *
 * Guarantees: when `startRedis` resolves, the server answers; when it rejects, no server is left running.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pingRedis } from './ping.js';
import type { RedisProgram } from './redis-program.js';
import { startServer, withFreePort, type ServerProcess } from './server-process.js';

const READY_LIMIT_MS = 30_000;

/** The text of the configuration file. With `set-proc-title no` the file's path stays in the command line; it identifies the process. */
export function redisConfiguration(settings: {
  port: number;
  folder: string;
  password: string;
  /** False for temporary data, which is not written to disk: a slow disk then cannot delay Redis. */
  keep: boolean;
}): string {
  return [
    'bind 127.0.0.1',
    `port ${settings.port}`,
    `dir ${JSON.stringify(settings.folder)}`,
    `requirepass ${settings.password}`,
    `appendonly ${settings.keep ? 'yes' : 'no'}`,
    'appendfsync everysec',
    'no-appendfsync-on-rewrite yes',
    'save ""',
    'maxmemory-policy noeviction',
    'daemonize no',
    'set-proc-title no',
    '',
  ].join('\n');
}

/**
 * A file's path as an argument of redis-server, which takes a path with `*`, `?` or `[` as a pattern for files. So these characters, and
 * the escape character `\` itself, are escaped in such a path. A path without them is not a pattern, and must not be escaped. When a
 * pattern fits no file, Redis starts with its defaults: on port 6379, without a password.
 */
export function literalPath(path: string): string {
  return /[*?[]/.test(path) ? path.replace(/[*?[\\]/g, String.raw`\$&`) : path;
}

/**
 * Starts a server with its data in `folder`. Calls `spawned` once its process exists.
 * @returns the server's URL without the number of a database, such as `redis://:password@127.0.0.1:7001/`
 */
export function startRedis(
  program: RedisProgram,
  { folder, keep }: { folder: string; keep: boolean },
  spawned: (server: ServerProcess) => void,
): Promise<string> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const configFile = join(folder, 'redis.conf');
  const argument = literalPath(configFile);
  const password = randomBytes(18).toString('hex');
  return withFreePort(async (port) => {
    writeFileSync(configFile, redisConfiguration({ port, folder, password, keep }), { mode: 0o600 });
    const command = {
      name: 'redis',
      command: program.path,
      args: [argument],
      proof: argument,
      cwd: folder,
      env: program.env,
      logFile: join(folder, 'redis.log'),
    };
    const baseUrl = `redis://:${password}@127.0.0.1:${port}/`;
    await startServer(command, spawned, () => pingRedis(`${baseUrl}0`), READY_LIMIT_MS);
    return baseUrl;
  });
}
