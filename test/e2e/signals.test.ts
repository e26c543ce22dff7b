/**
 * Signals to programs: while a service waits for its servers, and when the terminal of `barkeep up` is closed (I11).
 * docs/ARCHITECTURE.md lists the invariants, such as I11.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '@barkeep/local-system';
import { programOnPath } from '../support/setup/program-on-path.js';
import { outputUntil } from '../support/programs/output-until.js';

const APPS = join(__dirname, '../../apps');
/** Without addresses a command starts its own servers. */
const OWN_SERVERS = { REDIS_URL: '', SESSION_REDIS_URL: '', DATABASE_URL: '' };
let folder: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signals-'));
  chmodSync(folder, 0o755); // PostgreSQL runs as another user, which must be able to enter the folder
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a program of apps/. It is killed after the test. */
function start(program: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  child = spawn(process.execPath, [join(APPS, program), ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return child;
}

// The exit code is 128 plus the number of the signal.
test.each([
  ['coordinator', 'SIGTERM', 143],
  ['upkeep-worker', 'SIGINT', 130],
] as const)('I11 a %s that waits for a server handles %s', async (app, signal, code) => {
  const url = `redis://127.0.0.1:${await freePort()}/0`;
  const waiting = start(`${app}/dist/main.js`, [], { SESSION_REDIS_URL: url, BARKEEP_PORT: '0' });
  await outputUntil(waiting.stdout!, /waiting for the session Redis/);
  waiting.kill(signal);
  // An exit code shows that the program handled the signal. Without a handler the signal would end it here, with code
  // null, but in a container the kernel ignores such a signal to the first process.
  expect(await once(waiting, 'exit')).toEqual([code, null]);
});

test('I11 a signal that comes just before a service has started stops the service', async () => {
  const program = `
    const { endOnSignals, stopOnSignals, StopSequence } = require(process.argv[1]);
    endOnSignals();
    process.kill(process.pid, 'SIGTERM'); // the event loop handles it after this script
    stopOnSignals(new StopSequence(1_000), () => undefined);
    setTimeout(() => process.exit(7), 2_000); // the signal was lost`;
  const shutdown = join(APPS, '../libs/service/dist/process/shutdown.js');
  child = spawn(process.execPath, ['-e', program, shutdown], { stdio: 'inherit' });
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('I11 "npx barkeep up" stops in order at Ctrl-C, although npm sends the signal a second time', async () => {
  // Bash is replaced by the program that it runs, which then gets the signal that npm sends to the shell.
  const shell = { npm_config_script_shell: programOnPath('bash') };
  const env = { ...process.env, ...OWN_SERVERS, ...shell, BARKEEP_DATA_DIR: folder };
  // A process group of its own, as that of a terminal, which sends Ctrl-C to all processes of the group.
  child = spawn('npx', ['barkeep', 'up', '--port', '0', '--workers', '0'], {
    cwd: join(APPS, '..'),
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await outputUntil(child.stdout!, /Ctrl-C stops it/);
  const instance = join(folder, 'up/kept/instance.json');
  expect(existsSync(instance)).toBe(true);
  process.kill(-child.pid!, 'SIGINT');
  await once(child, 'exit');
  expect(existsSync(instance)).toBe(false); // a stop removes it at its end
});

test('I11 Ctrl-C ends "barkeep up" while its coordinator waits for a server', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const url = `redis://127.0.0.1:${(silent.address() as AddressInfo).port}/0`;
  const coordinatorAsks = new Promise((resolve) => silent.on('connection', (socket) => socket.once('data', resolve)));
  const up = start('cli/dist/main.js', ['up', '--port', '0'], { SESSION_REDIS_URL: url, BARKEEP_DATA_DIR: folder });
  await coordinatorAsks;
  up.kill('SIGINT');
  expect(await once(up, 'exit')).toEqual([130, null]);
  silent.close();
}, 50_000); // a coordinator may wait for a minute

test('I11 Ctrl-C ends "barkeep run -" while it waits for its input', async () => {
  child = spawn(process.execPath, [join(APPS, 'cli/dist/main.js'), 'run', '-'], {
    cwd: folder,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  // More than the system buffers, so the command reads when all is written.
  await new Promise((resolve) => child!.stdin!.write(' '.repeat(8 << 20), resolve));
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([130, null]);
});

test('I11 "barkeep up" stops its servers when its terminal is closed', async () => {
  const env = { ...OWN_SERVERS, BARKEEP_DATA_DIR: folder };
  const up = start('cli/dist/main.js', ['up', '--port', '0', '--workers', '0', '--json'], env);
  const { redisUrl } = JSON.parse(await outputUntil(up.stdout!, /^}/m)) as { redisUrl: string };
  up.kill('SIGHUP');
  expect(await once(up, 'exit')).toEqual([0, null]);
  const redis = new Redis(redisUrl, { retryStrategy: () => null, lazyConnect: true });
  redis.on('error', () => undefined);
  await expect(redis.connect()).rejects.toThrow(/closed/);
});
