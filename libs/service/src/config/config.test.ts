import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isLoopback } from '../api-keys.js';
import { ConfigError, loadConfig, readServiceUrls, serviceEnvironment } from './index.js';
import { allVariables } from './variables.js';

const services = {
  REDIS_URL: 'redis://127.0.0.1:6379/0',
  SESSION_REDIS_URL: 'redis://127.0.0.1:6380/0',
  DATABASE_URL: 'postgres://barkeep:hunter2@127.0.0.1:5432/barkeep',
};

/** The error for an environment with the services and these variables. */
function errorOf(env: NodeJS.ProcessEnv) {
  try {
    loadConfig({ ...services, ...env });
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('expected a ConfigError');
}

test('defaults give a whole configuration with durations in milliseconds', () => {
  const config = loadConfig(services);
  expect(config.http).toEqual({ host: '127.0.0.1', port: 3000, apiKeys: [], adminKeys: [], queuesWritable: false });
  expect(config.queues).toMatchObject({
    streamLockMs: 3000,
    workerLockMs: 5000,
    stalledCheckMs: 2000,
    backoffMs: 1000,
  });
  expect(config.upkeep).toEqual({
    enabled: true,
    checkIntervalMs: 60_000,
    retryMissingBars: true,
    maxRetries: 5,
    derivedIntervals: ['5m', '15m'],
    autoComputeDerived: true,
  });
  expect(config.repositories).toEqual({ modulePath: undefined, timeoutMs: 30_000 });
  expect(config.services.databaseUrl).toBe(services.DATABASE_URL);
});

test('every default passes its own limits', () => {
  for (const { name, default: value, read } of allVariables) {
    if (value !== undefined) expect([name, read(value)]).not.toEqual([name, undefined]);
  }
});

test('the configuration is frozen to its leaves', () => {
  const config = loadConfig(services);
  expect(Object.isFrozen(config)).toBe(true);
  expect(Object.isFrozen(config.upkeep.derivedIntervals)).toBe(true);
});

test('an empty string counts as unset', () => {
  expect(loadConfig({ ...services, BARKEEP_PORT: '', BARKEEP_API_KEYS: ' ' }).http.port).toBe(3000);
});

test.each([
  ['TRUE', true],
  ['1', true],
  ['yes', true],
  ['on', true],
  ['false', false],
  ['0', false],
  ['No', false],
  ['off', false],
])('the switch word %s means %s', (word, value) => {
  expect(loadConfig({ ...services, DATA_UPKEEP_ENABLED: word }).upkeep.enabled).toBe(value);
});

test('lists are split at commas, trimmed and without duplicates; the word none is the empty list', () => {
  const key = 'k'.repeat(16);
  expect(loadConfig({ ...services, BARKEEP_API_KEYS: `${key}, ${key}` }).http.apiKeys).toEqual([key]);
  expect(loadConfig({ ...services, DATA_UPKEEP_DERIVED_INTERVALS: 'none' }).upkeep.derivedIntervals).toEqual([]);
});

test('derived intervals may be a list of minutes, as in the first version', () => {
  const derived = (text: string) =>
    loadConfig({ ...services, DATA_UPKEEP_DERIVED_INTERVALS: text }).upkeep.derivedIntervals;
  expect(derived('[5, 15]')).toEqual(['5m', '15m']);
  expect(derived('[60]')).toEqual(['60m']);
  expect(derived('[]')).toEqual([]);
  expect(() => derived('5, 15')).toThrow('such as 5m');
  expect(() => derived('[1440]')).toThrow('1d is the trading day');
  for (const wrong of ['2d', '25h', '1441m', '05m', '1H']) expect(() => derived(wrong)).toThrow('such as 5m');
});

test('all problems are reported at once, each with variable, expected and was', () => {
  const error = errorOf({
    BARKEEP_PORT: '70000',
    BARKEEP_STREAM_CONCURRENCY: '1.5',
    BARKEEP_LOG_LEVEL: 'loud',
    REDIS_URL: '',
  });
  expect(error.problems.map((problem) => problem.variable)).toEqual([
    'BARKEEP_PORT',
    'BARKEEP_LOG_LEVEL',
    'BARKEEP_STREAM_CONCURRENCY',
    'REDIS_URL',
  ]);
  expect(error.message).toContain('BARKEEP_PORT: expected a whole number from 0 to 65535 (port), was "70000"');
});

test('a secret never appears in an error', () => {
  const error = errorOf({
    BARKEEP_API_KEYS: 'short-secret',
    DATABASE_URL: 'mysql://me:hunter2@db/x',
    REDIS_URL: 'hunter2',
  });
  expect(error.problems).toHaveLength(3);
  expect(error.message).not.toMatch(/short-secret|hunter2/);
});

test('a password with a % that is not encoded is a problem of its variable', () => {
  const error = errorOf({ REDIS_URL: 'redis://:50%off@127.0.0.1:6379/0' });
  expect(error.message).toContain('REDIS_URL: expected a URL such as redis://127.0.0.1:6379/0 (a % in the password');
  expect(error.message).not.toContain('50%off');
  const encoded = 'redis://:50%25off@127.0.0.1:6379/0';
  expect(loadConfig({ ...services, REDIS_URL: encoded }).services.redisUrl).toBe(encoded);
});

test('an unknown variable suggests the nearest known one', () => {
  expect(errorOf({ BARKEEP_PROT: '1' }).message).toContain('did you mean BARKEEP_PORT?');
  expect(errorOf({ DATA_UPKEEP_ENABLE: '1' }).message).toContain('did you mean DATA_UPKEEP_ENABLED?');
  expect(errorOf({ BARKEEP_XYZZY_QUUX_FROBNICATE: '1' }).message).toContain('.env.example');
});

test('a host that others can reach is refused without keys of either kind, and the error says why', () => {
  expect(errorOf({ BARKEEP_HOST: '0.0.0.0' }).message).toContain(
    'without BARKEEP_API_KEYS or BARKEEP_ADMIN_KEYS the service binds to loopback only',
  );
  for (const name of ['BARKEEP_API_KEYS', 'BARKEEP_ADMIN_KEYS']) {
    expect(loadConfig({ ...services, BARKEEP_HOST: '0.0.0.0', [name]: 'k'.repeat(16) }).http.host).toBe('0.0.0.0');
    expect(errorOf({ BARKEEP_HOST: '0.0.0.0', [name]: 'none' }).problems).toHaveLength(1);
  }
});

test('only loopback addresses and localhost are loopback', () => {
  expect(['127.0.0.1', '127.8.0.1', '::1', 'localhost'].every(isLoopback)).toBe(true);
  expect(['0.0.0.0', '::', '10.0.0.1', 'localhost.example'].some(isLoopback)).toBe(false);
});

test('the service URLs are optional for the command line', () => {
  expect(loadConfig({}, { requireServices: false }).services.redisUrl).toBeUndefined();
});

test('the service URLs that are set can be read, and become variables for another process', () => {
  expect(readServiceUrls({ REDIS_URL: services.REDIS_URL })).toEqual({ redisUrl: services.REDIS_URL });
  const urls = loadConfig(services).services;
  expect(serviceEnvironment(urls)).toEqual(services);
});

/** The entries of .env.example after its first line, such as `# Words.␊# seconds; default: 3␊# NAME=3`. */
const EXAMPLE_ENTRY = /^\n# .+\.\n# (?<unit>.+); default: (?<shown>.+)\n# (?<name>\w+)=(?<value>.*)\n/gm;

test('.env.example describes every variable, in the order of the table, with its unit and its default', () => {
  const file = readFileSync(join(__dirname, '../../../../.env.example'), 'utf8');
  const entries = file.slice(file.indexOf('\n') + 1);
  expect(entries.replace(EXAMPLE_ENTRY, '')).toBe(''); // no other line
  const described = [...entries.matchAll(EXAMPLE_ENTRY)].map(({ groups }) => ({ ...groups }));
  const expected = allVariables.map(({ name, default: value = '', expected: words }) => {
    // The unit of a number, such as `seconds` in: a whole number from 1 to 600 (seconds)
    const unit = /^a whole number .* \((.+)\)$/.exec(words)?.[1] ?? (expect.any(String) as string);
    return { unit, shown: value || 'unset', name, value };
  });
  expect(described).toEqual(expected);
});
