/**
 * The watchdog runs in a second thread. It kills the process when the event loop of the main thread does not turn for longer than a limit.
 * Another process then takes over its work, so that no session stands still for good: invariant I11 of docs/ARCHITECTURE.md.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { importingCode } from '../../../../test/support/programs/compiled-module.js';

const LIMIT_MS = 1_200;

/** Runs `code` in another process that has a watchdog with the limit {@link LIMIT_MS}. */
function watched(code: string) {
  // The imported code has the exports of the module in `exported`.
  const source = `${importingCode(join(__dirname, 'watchdog.ts'))}
    exported.startWatchdog('test', ${LIMIT_MS});
    ${code}`;
  const child = spawn(process.execPath, ['-e', source], { stdio: 'pipe' });
  let errors = '';
  child.stderr.on('data', (text: Buffer) => (errors += String(text)));
  return { child, errors: () => errors };
}

test('I11 a process whose event loop is blocked by endless microtasks is ended', async () => {
  const { child, errors } = watched(`(async () => { for (;;) await null; })();`);
  const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  expect(signal).toBe('SIGKILL');
  expect(errors()).toContain('the event loop of the test has not turned for 1.2 s');
});

test('I11 a process that blocks for less than the limit again and again is not ended', async () => {
  const { child, errors } = watched(`
    let blocks = 0;
    const timer = setInterval(() => {
      const until = Date.now() + ${LIMIT_MS / 3};
      while (Date.now() < until);
      if (++blocks === 12) clearInterval(timer);
    }, 1);`);
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(errors()).toBe('');
});

test('I11 a process that was stopped and continued is not ended', async () => {
  // Each stop is longer than the limit. A watchdog that counted this time would kill the process if its thread continued before the event
  // loop turned. That is likely here, because the main thread is nearly always busy.
  const { child, errors } = watched(`
    const busy = () => { const until = performance.now() + ${LIMIT_MS / 6}; while (performance.now() < until); };
    setInterval(busy, 1);
    process.stdin.once('data', () => process.exit(7));
    process.stdout.write('ready');`);
  await once(child.stdout, 'data');
  const stops = 5; // after a single one the event loop may turn first, by chance
  for (let i = 0; i < stops; i++) {
    child.kill('SIGSTOP');
    await delay(1.2 * LIMIT_MS);
    child.kill('SIGCONT');
    await delay(LIMIT_MS / 4);
  }
  child.stdin.write('end');
  expect(await once(child, 'exit')).toEqual([7, null]);
  expect(errors()).toBe('');
}, 30_000);
