import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, settingsOf } from './connect.js';
import { CoordinatorAddressError, NoCoordinatorError, NoSessionRedisError } from './errors.js';

const UP = {
  coordinatorUrl: 'http://127.0.0.1:4',
  urls: {
    redisUrl: 'redis://127.0.0.1:5/0',
    sessionRedisUrl: 'redis://127.0.0.1:6/0',
    databaseUrl: 'postgres://127.0.0.1:7/b',
  },
};
/** The `barkeep up` that runs in the current project. */
let mockUp: typeof UP | undefined;
jest.mock('@barkeep/local-system', () => ({
  ...jest.requireActual<object>('@barkeep/local-system'),
  runningUp: () => mockUp,
}));

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

  it('come from a running `barkeep up` when its coordinator is used', () => {
    mockUp = UP;
    try {
      const { sessionRedisUrl } = UP.urls;
      expect(settingsOf({ env: {} }, cwd)).toMatchObject({ coordinator: UP.coordinatorUrl, redis: sessionRedisUrl });
      expect(settingsOf({ env: {}, coordinator: `${UP.coordinatorUrl}/` }, cwd).redis).toBe(sessionRedisUrl);
      expect(settingsOf({ env: {}, coordinator: 'http://127.0.0.1:8' }, cwd).redis).toBeUndefined();
    } finally {
      mockUp = undefined;
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
