import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataFolder, startServices, UP_ROLE } from '@barkeep/local-system';
import { connect, settingsOf } from './connect.js';
import { CoordinatorAddressError, NoCoordinatorError, NoSessionRedisError } from './errors.js';

const COORDINATOR_URL = 'http://127.0.0.1:4';
const SERVERS = {
  REDIS_URL: 'redis://127.0.0.1:5/0',
  SESSION_REDIS_URL: 'redis://127.0.0.1:6/0',
  DATABASE_URL: 'postgres://127.0.0.1:7/b',
};
const KEY = 'a-key-of-enough-length';
let cwd: string;
beforeAll(() => (cwd = mkdtempSync(join(tmpdir(), 'barkeep-settings-'))));
afterAll(() => rmSync(cwd, { recursive: true }));

describe('the settings of a client', () => {
  it('come from the options before the environment', () => {
    const env = {
      BARKEEP_URL: 'http://127.0.0.1:1/',
      SESSION_REDIS_URL: 'redis://127.0.0.1:2/0',
      REDIS_URL: 'redis://127.0.0.1:3/0',
      BARKEEP_API_KEY: KEY,
      BARKEEP_SESSION_PREFIX: 'theirs',
    };
    const fromEnvironment = { coordinator: 'http://127.0.0.1:1', redis: env.SESSION_REDIS_URL, apiKey: KEY };
    expect(settingsOf({ env }, cwd)).toEqual({ ...fromEnvironment, keyPrefix: 'theirs' });
    const own = { coordinator: 'https://other', redis: 'redis://other', apiKey: 'mine', keyPrefix: 'ours' };
    expect(settingsOf({ env, ...own }, cwd)).toEqual(own);
    const { SESSION_REDIS_URL: _, ...rest } = env;
    expect(settingsOf({ env: rest }, cwd).redis).toBe(env.REDIS_URL);
  });

  it('come from a running `barkeep up` when its coordinator is used', async () => {
    const up = await startServices({ dataDir: dataFolder(cwd, '.barkeep', 'up'), keep: true, env: SERVERS });
    try {
      up.publish({ role: UP_ROLE, coordinatorUrl: COORDINATOR_URL });
      const redis = SERVERS.SESSION_REDIS_URL;
      expect(settingsOf({ env: {} }, cwd)).toMatchObject({ coordinator: COORDINATOR_URL, redis });
      expect(settingsOf({ env: {}, coordinator: `${COORDINATOR_URL}/` }, cwd).redis).toBe(redis);
      expect(settingsOf({ env: {}, coordinator: 'http://127.0.0.1:8' }, cwd).redis).toBeUndefined();
    } finally {
      await up.stop();
    }
  });

  it('are refused when no coordinator is named', () => {
    expect(() => settingsOf({ env: {} }, cwd)).toThrow(NoCoordinatorError);
    expect(() => settingsOf({ env: {}, coordinator: 'localhost:3000' }, cwd)).toThrow(CoordinatorAddressError);
  });
});

describe('a client', () => {
  it('throws NoSessionRedisError when a session is read and no session Redis is named', async () => {
    const client = connect({ coordinator: 'http://127.0.0.1:9', env: {} });
    await expect(client.session('x').reader()).rejects.toThrow(NoSessionRedisError);
    await client.close();
    await expect(client.session('x').status()).rejects.toThrow('expected an open client, was closed');
  });
});
