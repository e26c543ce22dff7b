/** The embedded servers, as the demonstration and the tests use them: real processes, real folders, real crashes, temporary data. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pingPostgres } from '@barkeep/local-system';
import { Redis } from 'ioredis';
import { queryDatabase } from '../support/setup/database.js';
import { pingServices } from '../support/setup/global-setup.js';
import { dataIn, EmbeddedServers, expectStopped, killOwner, writeData } from '../support/system/embedded-servers.js';

let embedded: EmbeddedServers;
beforeEach(() => (embedded = new EmbeddedServers()));
afterEach(() => embedded.close());

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
  const services = await embedded.start({ keep: false });
  await pingServices(services);
  expect(services.redisUrl).not.toBe(services.sessionRedisUrl);
  expect(await queryDatabase(services.databaseUrl, 'SHOW client_connection_check_interval')).toEqual([
    { client_connection_check_interval: '1s' },
  ]);
  expect(await redisSetting(services.redisUrl, 'maxmemory-policy')).toBe('noeviction');
  // Temporary data are not written to disk.
  expect(await redisSetting(services.redisUrl, 'appendonly')).toBe('no');
  const { place } = embedded.state();
  expect(existsSync(join(place, 'postgres', 'PG_VERSION'))).toBe(true);

  // Two calls of stop() at once are one stop.
  await Promise.all([services.stop(), services.stop()]);
  await expectStopped(services);
  expect(readdirSync(embedded.dataDir)).toEqual([]);
  expect(existsSync(place)).toBe(false);
});

test('servers answer in a folder whose path has characters that are wildcards for Redis', async () => {
  await pingServices(await embedded.start({ dataDir: join(embedded.dataDir, '[a] b*\\?'), keep: false }));
});

test('PostgreSQL answers when PGSSLMODE asks for TLS, which it does not have', async () => {
  process.env['PGSSLMODE'] = 'require';
  try {
    const { databaseUrl } = await embedded.start({ keep: false });
    await pingPostgres(databaseUrl);
  } finally {
    delete process.env['PGSSLMODE'];
  }
});

test('two starts at once in one folder have separate servers and separate data', async () => {
  const [one, other] = await Promise.all([embedded.start({ keep: false }), embedded.start({ keep: false })]);
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
  const services = await embedded.start({ keep: false, env: given });
  expect(services).toMatchObject({ redisUrl: given.REDIS_URL, databaseUrl: given.DATABASE_URL });
  await services.stop();
  await expect(pingServices(services)).rejects.toThrow(
    'expected the server of REDIS_URL to answer at redis://127.0.0.1:1/0',
  );
});

test('a start stops the servers that a killed process left running, and removes their data', async () => {
  const { child, urls } = await embedded.ownerProcess({ keep: false });
  const { place } = embedded.state();
  await killOwner(child);
  await pingServices(urls);

  await embedded.start({ keep: false });
  expect(embedded.log.join('\n')).toMatch(
    /stopping redis \(\d+\), postgres \(\d+\)|stopping postgres \(\d+\), redis \(\d+\)/,
  );
  await expectStopped(urls);
  // Only the folder of the new servers is left.
  expect(readdirSync(embedded.dataDir)).toHaveLength(1);
  expect(existsSync(place)).toBe(false);
});

test('a start leaves the servers of a live owner alone', async () => {
  const { child, urls } = await embedded.ownerProcess({ keep: false });
  try {
    await (await embedded.start({ keep: false })).stop();
    await pingServices(urls);
  } finally {
    await killOwner(child);
    // Another start stops the servers that the killed owner left.
    await (await embedded.start({ keep: false })).stop();
  }
});

test('a server that was killed is started again: PostgreSQL has its data, Redis, which stores none on disk, is empty', async () => {
  const services = await embedded.start({ keep: false });
  await writeData(services);
  await embedded.killServers(services);
  expect(await dataIn(services)).toEqual({ table: true, key: false });
  await services.stop();
  await expectStopped(services);
});
