/**
 * One coordinator or worker as a child process: starts it, waits until it serves, restarts it when it dies, and stops it.
 * The child has its own process group. So a Ctrl-C at the terminal reaches only this process, which then stops its children
 * in order. The child ends when this process is gone (bin/end-with-parent.js).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorText } from '@barkeep/service';
import { AppMissingError, AppStartError } from './errors.js';
import { programFile } from './paths.js';
import { RestartDelay } from './restart-delay.js';
import { makeMissingFolder } from './servers/index.js';

const READY_LIMIT_MS = 60_000;
/** After this time a stop kills the app. Apps normally end within 10 s. */
const STOP_LIMIT_MS = 15_000;
const LOG_TAIL_LINES = 12;

interface AppSpec {
  /** The name in messages, such as `coordinator 1`. */
  name: string;
  /** Path of the built program. */
  entry: string;
  env: NodeJS.ProcessEnv;
  logFile: string;
  /** Further arguments for its Node. */
  nodeArgs?: readonly string[] | undefined;
}

/** The process of one app, with its restarts. */
export class AppProcess {
  #child: ChildProcess | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  #stopping = false;
  readonly #restartDelay = new RestartDelay();
  /** The address of the app, once it has started; a worker has none. A restart keeps the port. */
  url: string | undefined;

  /** @param report receives a line for each unexpected end and each restart */
  constructor(
    readonly spec: AppSpec,
    private readonly report: (line: string) => void,
  ) {}

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when the app serves. @throws AppMissingError, or AppStartError with the end of the log when it does not start */
  async start(): Promise<void> {
    const { name, entry, logFile } = this.spec;
    if (!existsSync(entry)) throw new AppMissingError(entry);
    makeMissingFolder(dirname(logFile));
    try {
      await this.#spawn('w');
    } catch (error) {
      this.#child = undefined;
      throw new AppStartError(name, `${errorText(error)}\n${tail(logFile)}`, { cause: error });
    }
  }

  /** Sends SIGTERM and waits; kills the process after a limit. @returns false when its exit code was not 0 */
  async stop(): Promise<boolean> {
    this.#stopping = true;
    clearTimeout(this.#restartTimer);
    const child = this.#child;
    if (child === undefined) return true; // it never started
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode === 0;
    const killer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    clearTimeout(killer);
    return child.exitCode === 0;
  }

  /** Kills the process without waiting for its end. */
  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  /** Starts the program and waits until it serves. @param logFlags `w` empties the log, `a` appends to it */
  async #spawn(logFlags: 'w' | 'a'): Promise<void> {
    const log = openSync(this.spec.logFile, logFlags);
    const env: NodeJS.ProcessEnv = { NO_COLOR: '1', ...this.spec.env };
    if (this.url !== undefined) env['BARKEEP_PORT'] = new URL(this.url).port || '80'; // a URL leaves 80 out
    const child = fork(this.spec.entry, [], {
      env,
      detached: true,
      execArgv: ['-r', programFile('end-with-parent'), ...(this.spec.nodeArgs ?? [])],
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    // This listener stays for the life of the child: an error of its channel must not end this process.
    child.on('error', () => undefined);
    this.#child = child;
    const spawnedAt = Date.now();
    this.url = (await untilReady(child)) ?? this.url;
    child.once('exit', (code, signal) => this.#onExit(signal ?? `exit code ${code}`, spawnedAt));
    // The child may have ended before the listener was added.
    if (child.exitCode !== null || child.signalCode !== null) this.#onExit('early exit', spawnedAt);
  }

  /** Reports the end of the process, and restarts it after a delay. */
  #onExit(reason: string, spawnedAt: number): void {
    if (this.#stopping) return;
    const waitMs = this.#restartDelay.next(Date.now() - spawnedAt);
    const { name, logFile } = this.spec;
    this.report(`${name} ended (${reason}); starting it again in ${waitMs / 1000} s, its log: ${logFile}`);
    this.#restartTimer = setTimeout(() => {
      this.#spawn('a').then(
        () => {
          if (!this.#stopping) this.report(`${name} runs again`);
        },
        (error: unknown) => this.#onExit(errorText(error), Date.now()),
      );
    }, waitMs);
  }
}

/**
 * Waits until the child sends `{ ready: true, url? }`. Kills a child that is not ready after a limit.
 * @returns the URL; undefined for a worker, which has none @throws Error when the child ends first, or after the limit
 */
async function untilReady(child: ChildProcess): Promise<string | undefined> {
  const limit = AbortSignal.timeout(READY_LIMIT_MS);
  const ready = new Promise<string | undefined>((resolve) => {
    child.on('message', (message: { ready?: unknown; url?: string } | null) => {
      if (message?.ready === true) resolve(message.url); // a user's module in the child may send other messages
    });
  });
  const ended = once(child, 'exit', { signal: limit }).then(([code, killedBy]: (string | number | null)[]) => {
    throw new Error(`${killedBy ?? `exit code ${code}`}`);
  });
  try {
    return await Promise.race([ready, ended]);
  } catch (error) {
    if (!limit.aborted) throw error;
    child.kill('SIGKILL');
    throw new Error(`not ready within ${READY_LIMIT_MS / 1000} s`, { cause: error });
  }
}

/** The last lines of a log, with its path. */
function tail(path: string): string {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  if (lines.join('') === '') return `(its log ${path} is empty)`;
  return `${lines.slice(-LOG_TAIL_LINES).join('\n')}\n(the end of ${path})`;
}
