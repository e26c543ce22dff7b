/** Starts a built program as a child process, as a user starts it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const APPS = join(import.meta.dirname, '../../apps');
const READY_MS = 30_000;
const STOP_MS = 15_000;

/**
 * Starts an app and waits until it serves. @param name its folder in apps/ @param execArgv arguments for its Node
 * @returns `{ pid, url, call, stop }`; `call` sends a request to its API and throws unless the answer is a success
 */
export async function startApp(name, env, execArgv = []) {
  const child = fork(join(APPS, name, 'dist/main.js'), {
    env: { PATH: process.env.PATH, BARKEEP_PORT: '0', BARKEEP_LOG_LEVEL: 'warn', ...env },
    execArgv,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.removeListener('exit', kill));
  const signal = AbortSignal.timeout(READY_MS);
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`expected ${name} to start, was exit code ${code}`);
  });
  const [{ url }] = await Promise.race([once(child, 'message', { signal }), died]);
  return {
    pid: child.pid,
    url,
    async call(method, path, body) {
      const headers = body ? { 'content-type': 'application/json' } : {};
      const answer = await fetch(`${url}${path}`, { method, headers, body: body && JSON.stringify(body) });
      if (!answer.ok)
        throw new Error(`expected ${method} ${path} to succeed, was ${answer.status}: ${await answer.text()}`);
      return answer.status === 204 ? undefined : answer.json();
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      setTimeout(kill, STOP_MS).unref(); // without effect on a process that has ended
      await exited;
    },
  };
}
