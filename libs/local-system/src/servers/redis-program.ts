/**
 * Finds the Redis program (Redis 7 or later, or Valkey): on PATH, else in the cache of unpacked packages, else in the system's
 * packages, which it downloads into that cache.
 *
 * Guarantees: a returned program has run once (`--version`).
 */
import { existsSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ServerMissingError } from '../errors.js';
import { cacheFolder, existingCacheFolder } from './folders.js';
import type { Log } from './instance.js';
import { REDIS_MAJOR_MIN } from './ping.js';
import { examineProgram } from './program-version.js';
import { canFetchPackages, fetchPackages, packageFolder, unpackedEnvironment } from './system-packages.js';

/** A program and the environment it runs in. */
export interface RedisProgram {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Names of the programs, and of their packages. */
const NAMES = ['redis-server', 'valkey-server'];
const REMEDY =
  'Install one (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis), start the whole system with ' +
  'docker compose up, or set REDIS_URL and SESSION_REDIS_URL to running servers.';

/** Redis and Valkey print `v=7.0.15`. */
export const REDIS_VERSION = { pattern: /\bv=(\d+)\./, majorMin: REDIS_MAJOR_MIN };

/** The programs in the folders, Redis before Valkey. */
function programsIn(folders: readonly string[], env: NodeJS.ProcessEnv): RedisProgram[] {
  const paths = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.filter((path) => existsSync(path)).map((path) => ({ path, env }));
}

function onPath(env: NodeJS.ProcessEnv): RedisProgram[] {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return programsIn(folders, env);
}

/** The programs of the packages that are unpacked below `root`. */
function unpackedIn(root: string, env: NodeJS.ProcessEnv): RedisProgram[] {
  return programsIn([join(root, 'usr/bin')], unpackedEnvironment(root, env));
}

/**
 * Where {@link findRedis} would get a program from, without running, fetching or creating anything: `path` of a program on PATH or in the
 * cache, `packages` for the system's packages, or undefined.
 */
export function redisSource(env: NodeJS.ProcessEnv): { path: string } | 'packages' | undefined {
  const cache = existingCacheFolder(env);
  const cached = cache === undefined ? [] : unpackedIn(packageFolder('redis', cache), env);
  const [first] = [...onPath(env), ...cached];
  if (first !== undefined) return { path: first.path };
  return canFetchPackages() ? 'packages' : undefined;
}

/** The Redis program to use. Fetching packages, the first time, takes seconds and logs a line. @throws ServerMissingError */
export function findRedis(env: NodeJS.ProcessEnv, log: Log): RedisProgram {
  const tried: string[] = [];
  for (const program of candidates(env, log, tried)) {
    const found = examineProgram(program.path, REDIS_VERSION, { env: program.env });
    if (typeof found === 'number') return program;
    tried.push(`${program.path}: ${found}`);
  }
  throw new ServerMissingError('Redis', tried, REMEDY);
}

/** The programs to try, the preferred one first. Fetches packages only when the programs before them are refused. */
function* candidates(env: NodeJS.ProcessEnv, log: Log, tried: string[]): Generator<RedisProgram> {
  yield* onPath(env);
  if (tried.length === 0) tried.push(`${NAMES.join(', ')}: not on PATH`);
  if (!canFetchPackages()) return;

  const root = packageFolder('redis', cacheFolder(env));
  yield* unpackedIn(root, env);
  log(`no Redis on PATH: downloading the system's package redis-server into ${root} (nothing is installed)`);
  for (const name of NAMES) {
    rmSync(root, { recursive: true, force: true }); // packages whose program cannot be used
    const failure = fetchPackages([name], root, env);
    yield* unpackedIn(root, env);
    tried.push(`apt-get, package ${name}: ${failure ?? 'it has no server program that can be used'}`);
  }
  rmSync(root, { recursive: true, force: true });
}
