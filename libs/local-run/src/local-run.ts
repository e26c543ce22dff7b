/**
 * Starts a Barkeep system on this machine for one run: the servers that the environment names or private ones, and one
 * coordinator and one upkeep worker as child processes. The processes use key prefixes of their own, so that they can share
 * servers with other programs and remove all of their keys afterwards.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { jobPrefix, loadConfig, readServiceUrls, type ServiceUrls } from '@barkeep/service';
import {
  dataFolder,
  expectReachable,
  findServers,
  programFile,
  startApps,
  startServices,
  type Scope,
  UP_ROLE,
} from '@barkeep/local-system';
import { removeRepositoryLimits } from '@barkeep/session-data';
import { removeQueues } from '@barkeep/upkeep-queues';
import { Redis } from 'ioredis';
import { moduleText } from './remote-repository.js';
import { startRepositoryServer } from './repository-server.js';

interface LocalRunOptions {
  /** Environment of the processes; it may name servers. */
  env: NodeJS.ProcessEnv;
  /** The data folder is that of the project around this folder. */
  cwd: string;
  /** The user's repository, or undefined. */
  repository: unknown;
  /** Names of the repository in the session's spec. */
  repositoryNames: readonly string[];
  /** True: the run reads datasets, so it uses the project's permanent data folder. */
  needsDatasets: boolean;
  /** True: the caller uses the system after the run, until the scope ends. */
  keep: boolean;
  /** Receives a line about anything slow or unusual. */
  log: (line: string) => void;
}

interface LocalRun {
  /** URL of the coordinator. */
  coordinator: string;
  /** URL of the session Redis. */
  redis: string;
  /** Prefix of the run's keys in the session Redis. */
  keyPrefix: string;
  /** A key for the coordinator; undefined when the environment has none: then the coordinator needs none. */
  apiKey: string | undefined;
  /** The environment of the options. */
  env: NodeJS.ProcessEnv;
}

/** How long a server that the environment names may take to start. Without this limit the apps would wait a minute for a wrong address. */
const SERVER_WITHIN_MS = 5_000;

/**
 * Starts the system. When the scope ends, what was started last ends first: the apps stop, the files and queues of the run are removed, and
 * the servers stop.
 * @throws ServerUnreachableError for a server that the environment names, and what starting servers and apps throws
 */
export async function startLocalRun(options: LocalRunOptions, scope: Scope): Promise<LocalRun> {
  const { env, log } = options;
  await expectReachable(readServiceUrls(env), SERVER_WITHIN_MS);
  const urls = await serversFor(options, scope);
  const prefix = `run-${randomBytes(6).toString('hex')}`;
  scope.onEnd(() => removeKeys(urls, prefix));
  const logFolder = await mkdtemp(join(tmpdir(), 'barkeep-run-'));
  scope.onEnd(() => rm(logFolder, { recursive: true, force: true }));
  const repositoryEnv = await serveRepository(options, logFolder, scope);
  const runEnv = { BARKEEP_LOG_LEVEL: 'warn', ...env, BARKEEP_QUEUE_PREFIX: prefix, BARKEEP_SESSION_PREFIX: prefix };
  // The worker of a run serves no metrics: its port may be that of a worker that runs already.
  const appEnv = { ...runEnv, BARKEEP_HOST: '127.0.0.1', BARKEEP_WORKER_PORT: '0', ...repositoryEnv };
  const apps = { coordinators: 1, workers: 1, port: 0, env: appEnv, logFolder, note: log };
  const { urls: coordinators } = await startApps(urls, apps, scope);
  const { adminKeys, apiKeys } = loadConfig(env, { requireServices: false }).http;
  const apiKey = adminKeys[0] ?? apiKeys[0];
  return { coordinator: coordinators[0]!, redis: urls.sessionRedisUrl, keyPrefix: prefix, apiKey, env };
}

/** Removes what the run's processes stored, except the session of the run, which the caller removes or keeps. */
async function removeKeys({ redisUrl, sessionRedisUrl }: ServiceUrls, prefix: string): Promise<void> {
  await removeQueues(redisUrl, jobPrefix(prefix));
  const redis = new Redis(sessionRedisUrl, { maxRetriesPerRequest: 1 });
  redis.on('error', () => undefined); // the command that fails reports the error
  try {
    await removeRepositoryLimits(redis, prefix);
  } finally {
    redis.disconnect();
  }
}

/** The servers that the environment names, else private ones: with the project's datasets if needed, else empty. */
async function serversFor(options: LocalRunOptions, scope: Scope): Promise<ServiceUrls> {
  const { env, cwd, needsDatasets, keep: isUsedLater, log } = options;
  const config = loadConfig(env, { requireServices: false });
  if (needsDatasets) {
    const dataDir = dataFolder(cwd, config.embedded.dataDir, 'up');
    const found = await findServers({ dataDir, keep: true, env, log }, scope);
    // Only one process can start servers on a data folder. A second one would wait until this scope ends, unless it finds these servers
    // published; then it starts a coordinator of its own on them.
    if (isUsedLater) found.publish?.({ role: UP_ROLE });
    return found;
  }
  const dataDir = dataFolder(cwd, config.embedded.dataDir, 'run');
  scope.onEnd(() => removeEmptyFolders(dataDir));
  const services = await startServices({ dataDir, keep: false, env, log });
  scope.onEnd(() => services.stop());
  return services;
}

/** Removes the folder of runs if it is empty, and likewise the `.barkeep` folder around it. */
async function removeEmptyFolders(dataDir: string): Promise<void> {
  const parent = dirname(dataDir);
  const folders = basename(parent) === '.barkeep' ? [dataDir, parent] : [dataDir];
  for (const folder of folders) await rmdir(folder).catch(() => undefined);
}

const REPOSITORY_UNUSED =
  'repository: expected getBarsBySymbol, getBars or a TypeORM DataSource; it is not used, gaps are reported only';

/** Serves the user's repository to workers. @returns the environment variables with which workers find it */
async function serveRepository(
  { env, repository, repositoryNames, log }: LocalRunOptions,
  folder: string,
  scope: Scope,
): Promise<Record<string, string>> {
  if (repository === undefined || repository === null) return {};
  const server = await startRepositoryServer(repositoryNames, repository);
  if (server) scope.onEnd(() => server.stop());
  else log(REPOSITORY_UNUSED); // the module below still loads the user's other repositories
  const path = join(folder, 'repositories.cjs');
  const entry = programFile('remote-repository');
  const text = moduleText(entry, server?.address, repositoryNames, env['BARKEEP_REPOSITORIES']);
  // The text contains the token of the server, so only this user may read it.
  await writeFile(path, text, { mode: 0o600 });
  return { BARKEEP_REPOSITORIES: path };
}
