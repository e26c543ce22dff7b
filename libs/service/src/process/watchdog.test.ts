import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const LIMIT_MS = 1_200;

/** Runs `code` in another process that has a watchdog with a short limit. */
function watched(code: string) {
  const source = `
    const { transformFileSync } = require('@swc/core');
    const { code } = transformFileSync(${JSON.stringify(join(__dirname, 'watchdog.ts'))}, {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' },
    });
    const module_ = { exports: {} };
    new Function('exports', 'require', code)(module_.exports, require);
    module_.exports.startWatchdog('test', ${LIMIT_MS});
    ${code}`;
  const child = spawn(process.execPath, ['-e', source], { stdio: ['ignore', 'pipe', 'pipe'] });
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
  const busy = `const until = Date.now() + ${LIMIT_MS / 3}; while (Date.now() < until);`;
  const { child, errors } = watched(`let n = 0;
    const timer = setInterval(() => { if (++n > 12) return clearInterval(timer); ${busy} }, 1);`);
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(errors()).toBe('');
});

test('I11 a process that was stopped and continued is not ended', async () => {
  const { child, errors } = watched(`
    process.stdout.write('ready');
    setTimeout(() => process.exit(7), ${LIMIT_MS * 3});`);
  await once(child.stdout, 'data');
  child.kill('SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, LIMIT_MS * 2));
  child.kill('SIGCONT');
  expect(await once(child, 'exit')).toEqual([7, null]);
  expect(errors()).toBe('');
});
