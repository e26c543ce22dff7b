import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataFolder, startServices, UP_ROLE } from '@barkeep/local-system';
import { connect, settingsOf } from './connect.js';
import { CoordinatorAddressError, NoCoordinatorError, NoSessionRedisError } from './errors.js';

/** Addresses of servers that do not exist: no test connects to one. */
const COORDINATOR_URL = 'http://127.0.0.1:4';
const SERVERS = {
  REDIS_URL: 'redis://127.0.0.1:5/0',
  SESSION_REDIS_URL: 'redis://127.0.0.1:6/0',
  DATABASE_URL: 'postgres://127.0.0.1:7/b',
};
const KEY = 'a-key-of-enough-length';
const ENVIRONMENT = {
  BARKEEP_URL: 'http://127.0.0.1:1/',
  SESSION_REDIS_URL: 'redis://127.0.0.1:2/0',
  REDIS_URL: 'redis://127.0.0.1:3/0',
  BARKEEP_API_KEY: KEY,
  BARKEEP_SESSION_PREFIX: 'theirs',
};
let cwd: string;
beforeAll(() => (cwd = mkdtempSync(join(tmpdir(), 'barkeep-settings-'))));
afterAll(() => rmSync(cwd, { recursive: true }));

describe('the settings of a client', () => {
  it('come from the environment', () => {
    expect(settingsOf({ env: ENVIRONMENT }, cwd)).toEqual({
      coordinator: 'http://127.0.0.1:1', // without the slash at the end
      redis: ENVIRONMENT.SESSION_REDIS_URL,
      apiKey: KEY,
      keyPrefix: 'theirs',
    });
  });

  it('come from the options before the environment', () => {
    const options = { coordinator: 'https://other', redis: 'redis://other', apiKey: 'mine', keyPrefix: 'ours' };
    expect(settingsOf({ env: ENVIRONMENT, ...options }, cwd)).toEqual(options);
  });

  it('REDIS_URL is the session Redis when SESSION_REDIS_URL is not set', () => {
    const env = { ...ENVIRONMENT, SESSION_REDIS_URL: undefined };
    expect(settingsOf({ env }, cwd).redis).toBe(ENVIRONMENT.REDIS_URL);
  });

  it('come from a running `barkeep up` when its coordinator is used', async () => {
    // SERVERS names all servers, so this starts none. `keep` makes it publish its addresses.
    const up = await startServices({ dataDir: dataFolder(cwd, '.barkeep', 'up'), keep: true, env: SERVERS });
    try {
      up.publish({ role: UP_ROLE, coordinatorUrl: COORDINATOR_URL });
      const redis = SERVERS.SESSION_REDIS_URL;
      expect(settingsOf({ env: {} }, cwd)).toMatchObject({ coordinator: COORDINATOR_URL, redis });
      expect(settingsOf({ env: {}, coordinator: `${COORDINATOR_URL}/` }, cwd).redis).toBe(redis);
      const otherCoordinator = 'http://127.0.0.1:8';
      expect(settingsOf({ env: {}, coordinator: otherCoordinator }, cwd).redis).toBeUndefined();
    } finally {
      await up.stop();
    }
  });

  it('settings without the address of a coordinator, or with one that is no URL, are refused', () => {
    expect(() => settingsOf({ env: {} }, cwd)).toThrow(NoCoordinatorError);
    for (const coordinator of ['localhost:3000', 3000, Symbol('here'), new URL('ftp://here')] as string[])
      expect(() => settingsOf({ env: {}, coordinator }, cwd)).toThrow(CoordinatorAddressError);
  });

  it('the address of a coordinator may be a URL object', () => {
    const coordinator = new URL('http://here:3000') as unknown as string;
    expect(settingsOf({ env: {}, coordinator }, cwd)).toMatchObject({ coordinator: 'http://here:3000' });
  });
});

describe('a client', () => {
  it('throws NoSessionRedisError when a session is read and no session Redis is named', async () => {
    const client = connect({ coordinator: 'http://127.0.0.1:9', env: {} });
    await expect(client.session('x').reader()).rejects.toThrow(NoSessionRedisError);
    await client.close();
  });

  it('rejects calls after it was closed', async () => {
    const client = connect({ coordinator: 'http://127.0.0.1:9', env: {} });
    await client.close();
    await expect(client.session('x').status()).rejects.toThrow('expected an open client, was closed');
  });
});
