/**
 * The coordinator as a process: its messages when it cannot start, when it waits, and when it is ready, and its exit codes.
 * docs/ARCHITECTURE.md lists the invariants, such as I11.
 */
import { once } from 'node:events';
import { coordinatorProcess, startCoordinatorProcess, type SystemProcess } from '../support/system/system.js';
import { createTestDatabase, type TestDatabase } from '../support/setup/database.js';
import { tcpGate } from '../support/system/tcp-gate.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

/** Waits until a process has written a text to its output. */
async function untilLogged(started: SystemProcess, text: string): Promise<void> {
  while (!started.log.includes(text)) await once(started.child.stdout!, 'data');
}

it('a coordinator reports all configuration errors in one message, without a stack, and exits with 1', async () => {
  // A port that is no number, a host that others can reach although there are no keys, and no database.
  const coordinator = coordinatorProcess({ BARKEEP_PORT: 'x', BARKEEP_HOST: '0.0.0.0', DATABASE_URL: '' });
  expect(await once(coordinator.child, 'exit')).toEqual([1, null]);
  expect(coordinator.log).toMatch(/^3 problems in the environment:\n(  [A-Z_]+: expected .*, was .*\n){3}$/);
});

it('I11 a coordinator waits for a server that is down, names it, and starts when it is up again', async () => {
  const gate = await tcpGate(process.env['SESSION_REDIS_URL']!, 6379);
  await gate.shut();
  const coordinator = coordinatorProcess({ DATABASE_URL: database.url, SESSION_REDIS_URL: gate.url });
  const { host } = new URL(gate.url);
  await untilLogged(coordinator, `waiting for the session Redis at ${host}`);
  const ready = coordinator.ready();
  await gate.open();
  await ready;
  await untilLogged(coordinator, `the session Redis at ${host} is back`);
  coordinator.child.kill('SIGTERM');
  expect(await once(coordinator.child, 'exit')).toEqual([0, null]);
  await gate.shut();
});

it.each([
  {
    fault: 'has a wrong password for the session Redis',
    variable: 'SESSION_REDIS_URL',
    change: (url: URL) => (url.password = 'wrong'),
    message: /^expected the session Redis at HOST \(SESSION_REDIS_URL\), which answered: \S/,
  },
  {
    fault: 'wants TLS, which PostgreSQL does not have,',
    variable: 'DATABASE_URL',
    change: (url: URL) => (url.search = 'sslmode=verify-full'),
    message: /^expected PostgreSQL at HOST \(DATABASE_URL\), which answered: no TLS connection \(.+\)$/,
  },
])('a coordinator that $fault names the server, its address and its answer, and exits with 1', async (given) => {
  const { variable, change, message } = given;
  const variables: NodeJS.ProcessEnv = { ...process.env, DATABASE_URL: database.url };
  const url = new URL(variables[variable]!);
  change(url);
  const coordinator = coordinatorProcess({ ...variables, [variable]: url.href });
  expect(await once(coordinator.child, 'exit')).toEqual([1, null]);
  const isLogEntry = (line: string) => line.startsWith('{');
  const messages = coordinator.log
    .trim()
    .split('\n')
    .filter((line) => !isLogEntry(line));
  expect(messages).toHaveLength(1);
  const [, reason] = /^the coordinator could not start: (.*)$/.exec(messages[0]!) ?? [];
  expect(reason?.replace(url.host, 'HOST')).toMatch(message);
});

it('a ready coordinator sends its parent a message, logs that only this machine can reach it, and exits with 0 on SIGTERM', async () => {
  const coordinator = await startCoordinatorProcess({ DATABASE_URL: database.url });
  expect((await fetch(`${coordinator.url}/health/ready`)).status).toBe(200);
  const warning = 'no API keys are configured, so only this machine can reach the service';
  await untilLogged(coordinator, warning);
  const terminatedAt = performance.now();
  coordinator.child.kill('SIGTERM');
  expect(await once(coordinator.child, 'exit')).toEqual([0, null]);
  expect(performance.now() - terminatedAt).toBeLessThan(10_000);
});
