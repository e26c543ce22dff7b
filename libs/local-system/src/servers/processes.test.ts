import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { askToEnd, commandLine, endServer, isOurServer, isRunning, markOf, stopSignal } from './processes.js';

/** A word in the command line of a server that Barkeep started. */
const PROOF = '/proof/of/ours';
const RUN = `console.log('runs'); setInterval(() => undefined, 1000);`;

/** Starts a server that runs until it is ended. Waits for a line of it: before that, the system may not know its command line yet. */
async function startServer(script = RUN) {
  const child = spawn(process.execPath, ['-e', script, PROOF], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  return { child, mark: { ...markOf(child.pid!), name: 'redis', proof: PROOF } };
}

test('a process is identified by its id and its start time', () => {
  const mark = markOf(process.pid);
  expect(isRunning(mark)).toBe(true);
  expect(isRunning({ ...mark, startedAt: 'another time' })).toBe(false);
});

test('an ended process does not run', async () => {
  const { child, mark } = await startServer();
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isRunning(mark)).toBe(false);
});

test('a process without our proof, or with another start time, is never signalled', async () => {
  const { mark } = await startServer();
  expect(commandLine(mark.pid)).toContain(PROOF);
  for (const stranger of [
    { ...mark, proof: '/another/proof' },
    { ...mark, startedAt: 'another time' },
  ]) {
    expect(isOurServer(stranger)).toBe(false);
    askToEnd(stranger);
  }
  expect(isOurServer(mark)).toBe(true);
  await endServer(mark, 2_000);
  expect(isRunning(mark)).toBe(false);
});

test('a server that ignores SIGTERM is killed when its time is over', async () => {
  const { mark } = await startServer(`process.on('SIGTERM', () => undefined); ${RUN}`);
  await endServer(mark, 100);
  expect(isRunning(mark)).toBe(false);
});

test('PostgreSQL gets the signal for a fast shutdown, other servers SIGTERM', () => {
  expect(stopSignal('postgres')).toBe('SIGINT');
  expect(stopSignal('redis')).toBe('SIGTERM');
});
