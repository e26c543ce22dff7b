/** The embedded servers, as `barkeep up` and the tests use them: real processes, real folders, real crashes. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import {
  AlreadyRunningError,
  pingPostgres,
  pingRedis,
  readRunning,
  startServices,
  type Services,
  type StartOptions,
} from '@barkeep/local-system';
import type { ServiceUrls } from '@barkeep/service';
import { Redis } from 'ioredis';
import { queryDatabase } from '../support/setup/database.js';
import { pingServices } from '../support/setup/global-setup.js';

const ROOT = join(__dirname, '../..');
/** The environment without URLs of servers, so that each test starts servers even if the test run uses existing ones. */
const { REDIS_URL: _1, SESSION_REDIS_URL: _2, DATABASE_URL: _3, ...env } = process.env;
/**
 * A new folder for each test. Only its owner can enter it. When root runs the tests, PostgreSQL runs under another account, and so
 * keeps its data in another folder.
 */
let dataDir: string;
/** Services that the present test started. */
const started: Services[] = [];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'barkeep-embedded-'));
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((services) => services.stop()));
  rmSync(dataDir, { recursive: true, force: true });
});

/** Starts services in this process. They are stopped at the end of the test, even if it fails. */
async function start(options: Omit<StartOptions, 'dataDir'>): Promise<Services> {
  const services = await startServices({ dataDir, ...options });
  started.push(services);
  return services;
}

/** Another process that starts services in `dataDir`, prints their URLs and stays. */
async function ownerProcess({ keep }: { keep: boolean }): Promise<{ child: ChildProcess; urls: ServiceUrls }> {
  const script = `require('@barkeep/local-system').startServices({ dataDir: ${JSON.stringify(dataDir)}, keep: ${keep} })
    .then((urls) => { console.log(JSON.stringify(urls)); setInterval(() => undefined, 1000); })`;
  const child = spawn(process.execPath, ['-e', script], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) return { child, urls: JSON.parse(line) };
  throw new Error('expected the owner process to print its URLs, was: nothing');
}

/** Kills an owner, whose servers outlive it. */
async function kill(owner: ChildProcess): Promise<void> {
  owner.kill('SIGKILL');
  await once(owner, 'exit');
}

/** Checks that neither Redis nor PostgreSQL answers. */
async function expectStopped({ redisUrl, databaseUrl }: ServiceUrls): Promise<void> {
  await expect(pingRedis(redisUrl)).rejects.toThrow('ECONNREFUSED');
  await expect(pingPostgres(databaseUrl)).rejects.toThrow('ECONNREFUSED');
}

/** The state file of the only instance in `dataDir`: `place` is the folder of the PostgreSQL data. */
function instanceState(): { place: string; servers: { pid: number }[] } {
  const [instance] = readdirSync(dataDir);
  return JSON.parse(readFileSync(join(dataDir, instance!, 'instance.json'), 'utf8'));
}

/** Whether all servers answer. */
function answers(services: Services): Promise<boolean> {
  return pingServices(services).then(
    () => true,
    () => false,
  );
}

/** Waits until a condition holds. @throws Error after 30 s: the limit of a test would not end the wait */
async function untilTrue(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 30_000; !(await condition()); await delay(20))
    if (Date.now() > deadline) throw new Error('expected the condition to hold within 30 s, was false');
}

/** Kills both servers of the only instance, and waits until they are started again. @param lines the log so far, which grows */
async function killServers(services: Services, lines: readonly string[]): Promise<void> {
  for (const { pid } of instanceState().servers) process.kill(pid, 'SIGKILL');
  await untilTrue(() => lines.filter((line) => line.includes('starting it again')).length >= 2);
  await untilTrue(() => answers(services));
}

/** A connection to a server that is killed: it reports no errors, and connects only when it is told to. */
function connectionTo(url: string): Redis {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => undefined);
  return redis;
}

/** A setting of a Redis server: CONFIG GET replies with its name and its value. */
async function redisSetting(url: string, name: string): Promise<unknown> {
  const redis = new Redis(url);
  try {
    const reply: unknown = await redis.config('GET', name);
    return Array.isArray(reply) ? reply[1] : reply;
  } finally {
    redis.disconnect();
  }
}

test('servers answer while they run, are gone after stop, and leave no folder', async () => {
  const services = await start({ keep: false, env });
  await pingServices(services);
  expect(services.redisUrl).not.toBe(services.sessionRedisUrl);
  expect(await queryDatabase(services.databaseUrl, 'SHOW client_connection_check_interval')).toEqual([
    { client_connection_check_interval: '1s' },
  ]);
  expect(await redisSetting(services.redisUrl, 'maxmemory-policy')).toBe('noeviction');
  // Temporary data are not written to disk.
  expect(await redisSetting(services.redisUrl, 'appendonly')).toBe('no');
  const { place } = instanceState();
  expect(existsSync(join(place, 'postgres', 'PG_VERSION'))).toBe(true);

  // Two calls of stop() at once are one stop.
  await Promise.all([services.stop(), services.stop()]);
  await expectStopped(services);
  expect(readdirSync(dataDir)).toEqual([]);
  expect(existsSync(place)).toBe(false);
});

test('servers answer in a folder whose path has characters that are wildcards for Redis', async () => {
  const services = await startServices({ dataDir: join(dataDir, '[a] b*\\?'), keep: false, env });
  started.push(services);
  await pingServices(services);
});

test('PostgreSQL answers when PGSSLMODE asks for TLS, which it does not have', async () => {
  process.env['PGSSLMODE'] = 'require';
  try {
    const { databaseUrl } = await start({ keep: false, env });
    await pingPostgres(databaseUrl);
  } finally {
    delete process.env['PGSSLMODE'];
  }
});

test('two starts at once in one folder have separate servers and separate data', async () => {
  const [one, other] = await Promise.all([start({ keep: false, env }), start({ keep: false, env })]);
  await Promise.all([pingServices(one), pingServices(other)]);
  await queryDatabase(one.databaseUrl, 'CREATE TABLE mine (x int)');
  expect(await queryDatabase(other.databaseUrl, `SELECT to_regclass('mine') AS mine`)).toEqual([{ mine: null }]);
  expect(one.redisUrl).not.toBe(other.redisUrl);
});

test('a URL that is set is used as it is and no server is started for it', async () => {
  const given = {
    REDIS_URL: 'redis://127.0.0.1:1/0',
    SESSION_REDIS_URL: 'redis://127.0.0.1:1/1',
    DATABASE_URL: 'postgres://127.0.0.1:1/x',
  };
  const services = await start({ keep: false, env: { ...env, ...given } });
  expect(services).toMatchObject({ redisUrl: given.REDIS_URL, databaseUrl: given.DATABASE_URL });
  await services.stop();
  await expect(pingServices(services)).rejects.toThrow(
    'expected the server of REDIS_URL to answer at redis://127.0.0.1:1/0',
  );
});

test('a start stops the servers that a killed process left running, and removes their data', async () => {
  const { child, urls } = await ownerProcess({ keep: false });
  const { place } = instanceState();
  await kill(child);
  await pingServices(urls);

  const lines: string[] = [];
  await start({ keep: false, env, log: (line) => lines.push(line) });
  expect(lines.join('\n')).toMatch(/stopping redis \(\d+\), postgres \(\d+\)|stopping postgres \(\d+\), redis \(\d+\)/);
  await expectStopped(urls);
  // Only the folder of the new servers is left.
  expect(readdirSync(dataDir)).toHaveLength(1);
  expect(existsSync(place)).toBe(false);
});

test('a start leaves the servers of a live owner alone', async () => {
  const { child, urls } = await ownerProcess({ keep: false });
  try {
    await (await start({ keep: false, env })).stop();
    await pingServices(urls);
  } finally {
    await kill(child);
    // Another start stops the servers that the killed owner left.
    await (await start({ keep: false, env })).stop();
  }
});

test('a server that was killed is started again: PostgreSQL has its data, Redis, which stores none on disk, is empty', async () => {
  const lines: string[] = [];
  const services = await start({ keep: false, env, log: (line) => lines.push(line) });
  await queryDatabase(services.databaseUrl, 'CREATE TABLE filled (x int)');
  await queryDatabase(services.databaseUrl, 'CHECKPOINT'); // a commit does not wait for the disk
  const redis = connectionTo(services.sessionRedisUrl);
  await redis.set('filled', 'yes');
  await killServers(services, lines);
  expect(await queryDatabase(services.databaseUrl, 'SELECT count(*)::int AS n FROM filled')).toEqual([{ n: 0 }]);
  await redis.connect();
  expect(await redis.get('filled')).toBeNull();
  redis.disconnect();
  await services.stop();
  await expectStopped(services);
});

describe('a folder whose data are kept', () => {
  // PostgreSQL then keeps its data in the folder, also when root runs the test.
  beforeEach(() => chmodSync(dataDir, 0o755));

  test('has the data after a stop and after a crash of the owner', async () => {
    const first = await start({ keep: true, env });
    await queryDatabase(first.databaseUrl, 'CREATE TABLE kept (x int)');
    const redis = new Redis(first.sessionRedisUrl);
    await redis.set('kept', 'yes');
    redis.disconnect();
    await first.stop();

    const { child } = await ownerProcess({ keep: true });
    await kill(child);

    const last = await start({ keep: true, env });
    expect(await queryDatabase(last.databaseUrl, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 0 }]);
    const lastRedis = new Redis(last.sessionRedisUrl);
    expect(await lastRedis.get('kept')).toBe('yes');
    lastRedis.disconnect();
    await last.stop();
    expect(existsSync(join(dataDir, 'kept', 'instance.json'))).toBe(false);
  });

  test('has its servers started again, with their data, after each of them was killed', async () => {
    const lines: string[] = [];
    const services = await start({ keep: true, env, log: (line) => lines.push(line) });
    await queryDatabase(services.databaseUrl, 'CREATE TABLE kept (x int)');
    const redis = connectionTo(services.sessionRedisUrl);
    await redis.set('kept', 'yes');
    await killServers(services, lines);

    expect(await queryDatabase(services.databaseUrl, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 0 }]);
    await redis.connect();
    expect(await redis.get('kept')).toBe('yes');
    redis.disconnect();
    await services.stop();
    await expectStopped(services);
  });

  test('admits one owner, whom other processes can find until it stops', async () => {
    const services = await start({ keep: true, env });
    services.publish({ coordinatorUrl: 'http://127.0.0.1:3000' });
    expect(readRunning(dataDir)).toMatchObject({
      pid: process.pid,
      databaseUrl: services.databaseUrl,
      extra: { coordinatorUrl: 'http://127.0.0.1:3000' },
    });
    await expect(start({ keep: true, env })).rejects.toThrow(AlreadyRunningError);
    await expect(start({ keep: true, env })).rejects.toMatchObject({ pid: process.pid });
    await services.stop();
    expect(readRunning(dataDir)).toBeUndefined();
  });

  test('is no longer written by initdb after the owner exited while initdb ran', async () => {
    const firstFileOfInitdb = join(dataDir, 'kept/postgres.new/PG_VERSION');
    const script = `void require('@barkeep/local-system').startServices({ dataDir: ${JSON.stringify(dataDir)}, keep: true });
      setInterval(() => require('node:fs').existsSync(${JSON.stringify(firstFileOfInitdb)}) && process.exit(), 5)`;
    const owner = spawn(process.execPath, ['-e', script], { cwd: ROOT, env, stdio: 'inherit' });
    await once(owner, 'exit');
    await delay(100); // time for initdb to be killed; left alone it would run much longer
    const commands = execFileSync('ps', ['-A', '-ww', '-o', 'args'], { encoding: 'utf8' }).split('\n');
    expect(commands.filter((command) => command.includes(`--pgdata=${dataDir}`))).toEqual([]);
    await start({ keep: true, env });
  });

  test('has no owner any more after the owner was killed', async () => {
    const { child } = await ownerProcess({ keep: true });
    expect(readRunning(dataDir)).toMatchObject({ pid: child.pid });
    await kill(child);
    expect(readRunning(dataDir)).toBeUndefined();
    // This start stops the servers that the killed owner left.
    await (await start({ keep: true, env })).stop();
  });
});
