/**
 * Finds the Redis program (Redis 7 or later, or Valkey: on PATH, else in the cache, else from the system's packages) and starts
 * one private server: on loopback only, with a random password, without eviction; kept data have an append-only file.
 *
 * Guarantees: a returned program has run once (`--version`). When `startRedis` resolves, the server answers; when it rejects, no
 * server is left running.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ServerMissingError } from '../errors.js';
import { cacheFolder } from './folders.js';
import type { Log } from './instance.js';
import { pingRedis, REDIS_MAJOR_MIN } from './ping.js';
import { startServer, withFreePort, type ServerProcess } from './server-process.js';
import { canFetchPackages, fetchPackages, systemName, unpackedEnvironment } from './system-packages.js';

/** A program and the environment it runs in. */
interface RedisProgram {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
}

const PROGRAM_NAMES = ['redis-server', 'valkey-server'];
const REMEDY =
  'Install one (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis), start the whole system with ' +
  'docker compose up, or set REDIS_URL and SESSION_REDIS_URL to running servers.';

/** The major version in the output of `--version`, of Redis or Valkey; `undefined` when there is none. */
export function redisMajor(answer: string): number | undefined {
  const major = /\bv=(\d+)\./.exec(answer)?.[1];
  return major === undefined ? undefined : Number(major);
}

/** The reason why the program cannot be used; `undefined` when it can. */
function problemOf(program: RedisProgram): string | undefined {
  const answer = spawnSync(program.path, ['--version'], { env: program.env, encoding: 'utf8', timeout: 10_000 });
  const major = redisMajor(answer.stdout ?? '');
  if (major === undefined) return `${program.path}: ${answer.error?.message ?? answer.stderr.trim()}`;
  if (major >= REDIS_MAJOR_MIN) return undefined;
  return `${program.path}: expected version ${REDIS_MAJOR_MIN} or later, was ${major}`;
}

/** The programs on PATH, Redis before Valkey. */
function onPath(env: NodeJS.ProcessEnv): RedisProgram[] {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const paths = PROGRAM_NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.filter((path) => existsSync(path)).map((path) => ({ path, env }));
}

/** The Redis programs of packages that are unpacked below `root`. */
function unpackedIn(root: string, env: NodeJS.ProcessEnv): RedisProgram[] {
  const paths = PROGRAM_NAMES.map((name) => join(root, 'usr/bin', name)).filter((path) => existsSync(path));
  return paths.map((path) => ({ path, env: unpackedEnvironment(root, env) }));
}

/** A program from the cache or the system's packages; adds the reasons of failures to `tried`. */
function fromPackages(env: NodeJS.ProcessEnv, log: Log, tried: string[]): RedisProgram | undefined {
  const target = join(cacheFolder(env), `redis-${systemName()}`);
  if (existsSync(target)) {
    const cached = unpackedIn(target, env).find((program) => problemOf(program) === undefined);
    if (cached !== undefined) return cached;
    rmSync(target, { recursive: true, force: true });
  }
  log(`no Redis on PATH: downloading the system's package redis-server into ${target} (nothing is installed)`);
  for (const name of PROGRAM_NAMES) {
    const failure = fetchPackages([name], target, env);
    const problems = failure === undefined ? [] : [failure];
    for (const program of failure === undefined ? unpackedIn(target, env) : []) {
      const problem = problemOf(program);
      if (problem === undefined) return program;
      problems.push(problem);
    }
    tried.push(`apt-get, package ${name}: ${problems.join('; ') || 'it contains no server program'}`);
    rmSync(target, { recursive: true, force: true });
  }
  return undefined;
}

/**
 * Where {@link findRedis} would get a program from, without running or fetching one: `path` of a program on PATH or in the
 * cache, `packages` for the system's packages, or undefined.
 */
export function redisSource(env: NodeJS.ProcessEnv): { path: string } | 'packages' | undefined {
  const cached = unpackedIn(join(cacheFolder(env), `redis-${systemName()}`), env);
  const [first] = [...onPath(env), ...cached];
  if (first !== undefined) return { path: first.path };
  return canFetchPackages() ? 'packages' : undefined;
}

/**
 * The Redis program to use. Takes some seconds the first time, when packages must be fetched; `log` then gets one line.
 * @throws ServerMissingError
 */
export function findRedis(env: NodeJS.ProcessEnv, log: Log): RedisProgram {
  const tried: string[] = [];
  for (const program of onPath(env)) {
    const problem = problemOf(program);
    if (problem === undefined) return program;
    tried.push(problem);
  }
  if (tried.length === 0) tried.push(`${PROGRAM_NAMES.join(', ')}: not on PATH`);
  const program = canFetchPackages() ? fromPackages(env, log, tried) : undefined;
  if (program === undefined) throw new ServerMissingError('Redis', tried, REMEDY);
  return program;
}

/** How long a server may take until it answers. */
const READY_LIMIT_MS = 30_000;

/** The configuration file. `set-proc-title no` keeps the file's path in the command line, which identifies the process. */
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
 * Starts a server with its data in `folder`; calls `spawned` as soon as its process exists.
 * @returns the URL of its database 0, without the trailing number
 */
export function startRedis(
  program: RedisProgram,
  { folder, keep }: { folder: string; keep: boolean },
  spawned: (server: ServerProcess) => void,
): Promise<string> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const configFile = join(folder, 'redis.conf');
  const password = randomBytes(18).toString('hex');
  return withFreePort(async (port) => {
    writeFileSync(configFile, redisConfiguration({ port, folder, password, keep }), { mode: 0o600 });
    const command = {
      name: 'redis',
      command: program.path,
      args: [configFile],
      proof: configFile,
      cwd: folder,
      env: program.env,
      logFile: join(folder, 'redis.log'),
    };
    const baseUrl = `redis://:${password}@127.0.0.1:${port}/`;
    await startServer(command, spawned, () => pingRedis(`${baseUrl}0`), READY_LIMIT_MS);
    return baseUrl;
  });
}
