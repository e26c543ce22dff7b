import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { ServerMissingError, ServerStartError } from '../errors.js';
import { POSTGRES_VERSION } from './postgres-program.js';
import { postgresSettings } from './postgres.js';
import { redisState } from './ping.js';
import { majorIn } from './program-version.js';
import { REDIS_VERSION, redisSource } from './redis-program.js';
import { redisConfiguration } from './redis.js';
import { canFetchPackages, packageFolder } from './system-packages.js';

test('versions are read from the output of the programs', () => {
  expect(majorIn('Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64', REDIS_VERSION)).toBe(7);
  expect(majorIn('Valkey server v=8.1.1 sha=00000000:0', REDIS_VERSION)).toBe(8);
  expect(majorIn('command not found', REDIS_VERSION)).toBeNaN();
  expect(majorIn('postgres (PostgreSQL) 18.4', POSTGRES_VERSION)).toBe(18);
  expect(majorIn('initdb (PostgreSQL) 16.9 (Debian 16.9-1)', POSTGRES_VERSION)).toBe(16);
  expect(majorIn('', POSTGRES_VERSION)).toBeNaN();
});

test('the state of a Redis server names its version and its wrong settings; Valkey also states a version of Redis', () => {
  const good = 'redis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\n';
  expect(redisState(good)).toEqual({ version: 'Redis 7.0.15', problems: [], notes: [] });
  const wrong = redisState('redis_version:6.2.1\r\nmaxmemory_policy:allkeys-lru\r\naof_enabled:0\r\n');
  expect(wrong.problems).toEqual([
    'expected Redis 7.0 or later, was 6.2.1',
    'expected maxmemory-policy noeviction, was allkeys-lru: it would evict bars and jobs',
  ]);
  expect(wrong.notes).toHaveLength(1); // it has no append-only file
  expect(redisState('redis_version:7.2.4\r\nvalkey_version:8.1.1\r\n').version).toBe('Valkey 8.1.1');
});

test('without a program on PATH and in the cache Redis comes from the packages of the system, if it has any', () => {
  const folder = mkdtempSync(join(os.tmpdir(), 'barkeep-cache-'));
  const tmpdir = jest.spyOn(os, 'tmpdir').mockReturnValue(folder); // this user may have a cache in /tmp
  const emptyEnv = { PATH: folder, HOME: folder, XDG_CACHE_HOME: join(folder, 'caches') };
  expect(redisSource(emptyEnv)).toBe(canFetchPackages() ? 'packages' : undefined);
  expect(readdirSync(folder)).toEqual([]); // the look-up creates no cache folder
  tmpdir.mockRestore();
  rmSync(folder, { recursive: true });
});

test('Redis listens on loopback only, behind a password, evicts nothing and keeps its command line', () => {
  const lines = redisConfiguration({ port: 1234, folder: '/a b', password: 'p', keep: true }).split('\n');
  const wanted = [
    'bind 127.0.0.1',
    'requirepass p',
    'maxmemory-policy noeviction',
    'appendonly yes',
    'appendfsync everysec',
    'dir "/a b"',
    'set-proc-title no', // keeps the path of the configuration file in the command line, which identifies the process
  ];
  expect(lines).toEqual(expect.arrayContaining(wanted));
  expect(redisConfiguration({ port: 1, folder: '/', password: 'p', keep: false })).toContain('appendonly no\n');
});

test('PostgreSQL listens on loopback only, and syncs to disk unless its data are temporary', () => {
  const [kept, temporary] = [true, false];
  expect(postgresSettings(1234, kept)).toEqual(expect.arrayContaining(['listen_addresses=127.0.0.1', 'port=1234']));
  expect(postgresSettings(1234, kept)).not.toContain('fsync=off');
  expect(postgresSettings(1234, temporary)).toContain('fsync=off');
});

test('the name of a package cache contains the system, its release and the processor', () => {
  expect(packageFolder('redis', '/cache')).toMatch(/^\/cache\/redis-[\w.-]+-[\w.-]+-\w+$/);
});

test('the error for a missing server says what was tried and what to do', () => {
  const error = new ServerMissingError(
    'Redis',
    ['/bin/redis-server: expected version 7 or later, was 6'],
    'Install one.',
  );
  expect(error.message).toBe(
    'expected a usable Redis server, was: none found\n  - /bin/redis-server: expected version 7 or later, was 6\nInstall one.',
  );
});

test('a taken port is distinguished from other failures to start', () => {
  expect(new ServerStartError('redis', 'ended', 'bind: Address already in use').portTaken).toBe(true);
  expect(new ServerStartError('redis', 'ended', 'Out of memory').portTaken).toBe(false);
});
