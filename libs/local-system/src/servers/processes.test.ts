import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { askToEnd, commandLine, endServer, isOurServer, isRunning, markOf, stopSignal } from './processes.js';

/**
 * Starts a process that runs until it is ended. Waits for a line that it prints: before that, the system may not know its
 * command line yet.
 */
async function sleeper(script = `console.log('runs'); setInterval(() => undefined, 1000)`) {
  const child = spawn(process.execPath, ['-e', script, '/proof/of/ours'], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  return child;
}

test('a process is identified by its id and its start time', () => {
  const mark = markOf(process.pid);
  expect(isRunning(mark)).toBe(true);
  expect(isRunning({ ...mark, startedAt: 'another time' })).toBe(false);
});

test('an ended process does not run', async () => {
  const child = await sleeper();
  const mark = markOf(child.pid!);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isRunning(mark)).toBe(false);
});

test('a process without our proof, or with another start time, is never signalled', async () => {
  const child = await sleeper();
  const mark = { ...markOf(child.pid!), name: 'redis', proof: '/proof/of/ours' };
  expect(commandLine(mark.pid)).toContain(mark.proof);
  for (const stranger of [
    { ...mark, proof: '/another/proof' },
    { ...mark, startedAt: 'another time' },
  ]) {
    expect(isOurServer(stranger)).toBe(false);
    askToEnd(stranger);
  }
  expect(isOurServer(mark)).toBe(true);
  await endServer(mark, 2000);
  expect(child.killed).toBe(false);
  expect(isRunning(mark)).toBe(false);
});

test('a server that ignores SIGTERM is killed when its time is over', async () => {
  const ignoring = `process.on('SIGTERM', () => undefined); console.log('runs'); setInterval(() => undefined, 1000)`;
  const mark = { ...markOf((await sleeper(ignoring)).pid!), name: 'redis', proof: '/proof/of/ours' };
  await endServer(mark, 100);
  expect(isRunning(mark)).toBe(false);
});

test('PostgreSQL gets the signal for a fast shutdown, other servers SIGTERM', () => {
  expect(stopSignal('postgres')).toBe('SIGINT');
  expect(stopSignal('redis')).toBe('SIGTERM');
});
