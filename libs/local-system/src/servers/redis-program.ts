/**
 * Finds a Redis (7 or later) or Valkey server program: on PATH, else in the cache, else from the system's packages.
 *
 * Guarantees: a returned program has run once (`--version`). Throws `ServerMissingError` with a remedy.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ServerMissingError } from './errors.js';
import { cacheFolder } from './folders.js';
import { canFetchPackages, fetchPackages, systemName, unpackedEnvironment } from './system-packages.js';

/** A program and the environment it runs in. */
export interface RedisProgram {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
}

const programNames = ['redis-server', 'valkey-server'];
const remedy =
  'Install one (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis), start the whole system with ' +
  'docker compose up, or set REDIS_URL and SESSION_REDIS_URL to running servers.';

/** The major version in the output of `--version`, of Redis or Valkey; `undefined` when there is none. */
export function redisMajor(answer: string): number | undefined {
  const major = /\bv=(\d+)\./.exec(answer)?.[1];
  return major === undefined ? undefined : Number(major);
}

/** Why the program cannot be used; `undefined` when it can. */
function flaw(program: RedisProgram): string | undefined {
  const answer = spawnSync(program.path, ['--version'], { env: program.env, encoding: 'utf8', timeout: 10_000 });
  const major = redisMajor(answer.stdout ?? '');
  if (major === undefined) return `${program.path}: ${answer.error?.message ?? answer.stderr.trim()}`;
  return major >= 7 ? undefined : `${program.path}: expected version 7 or later, was ${major}`;
}

function onPath(env: NodeJS.ProcessEnv): RedisProgram[] {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const paths = programNames.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.filter((path) => existsSync(path)).map((path) => ({ path, env }));
}

function unpackedIn(root: string, env: NodeJS.ProcessEnv): RedisProgram[] {
  const paths = programNames.map((name) => join(root, 'usr/bin', name)).filter((path) => existsSync(path));
  return paths.map((path) => ({ path, env: unpackedEnvironment(root, env) }));
}

function fromPackages(env: NodeJS.ProcessEnv, log: (line: string) => void, tried: string[]): RedisProgram | undefined {
  const target = join(cacheFolder(env), `redis-${systemName()}`);
  if (existsSync(target)) {
    const cached = unpackedIn(target, env).find((program) => flaw(program) === undefined);
    if (cached !== undefined) return cached;
    rmSync(target, { recursive: true, force: true });
  }
  log(`no Redis on PATH: downloading the system's package redis-server into ${target} (nothing is installed)`);
  for (const name of programNames) {
    const failure = fetchPackages([name], target, env);
    const flaws = failure === undefined ? unpackedIn(target, env).map(flaw) : [failure];
    if (flaws.includes(undefined)) return unpackedIn(target, env)[flaws.indexOf(undefined)];
    tried.push(`apt-get, package ${name}: ${flaws.join('; ') || 'it holds no server program'}`);
    rmSync(target, { recursive: true, force: true });
  }
  return undefined;
}

/**
 * Where {@link findRedis} would get a program from, without running or fetching one: a program on PATH or in the cache, the
 * system's packages, or nowhere.
 */
export function redisSource(env: NodeJS.ProcessEnv): { path: string } | 'packages' | undefined {
  const cached = unpackedIn(join(cacheFolder(env), `redis-${systemName()}`), env);
  const [first] = [...onPath(env), ...cached];
  if (first !== undefined) return { path: first.path };
  return canFetchPackages() ? 'packages' : undefined;
}

/** The Redis program to use. Takes some seconds the first time, when packages must be fetched; `log` then gets one line. */
export function findRedis(env: NodeJS.ProcessEnv, log: (line: string) => void): RedisProgram {
  const tried: string[] = [];
  for (const program of onPath(env)) {
    const why = flaw(program);
    if (why === undefined) return program;
    tried.push(why);
  }
  if (tried.length === 0) tried.push(`${programNames.join(', ')}: not on PATH`);
  const fetched = canFetchPackages() ? fromPackages(env, log, tried) : undefined;
  if (fetched === undefined) throw new ServerMissingError('Redis', tried, remedy);
  return fetched;
}
