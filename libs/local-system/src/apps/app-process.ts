/**
 * One coordinator or worker as a child process: started until it says that it serves, watched, started again when it
 * dies, and stopped in order. It runs in a process group of its own, so that a Ctrl-C at the terminal reaches only us
 * and the order of the stop is ours; it ends by itself when we are gone (bin/end-with-parent.js).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppMissingError, AppStartError } from './errors.js';

const END_WITH_PARENT = join(__dirname, '../../bin/end-with-parent.js');
const READY_LIMIT_MS = 60_000;
/** The apps promise to end within 10 s. */
const STOP_LIMIT_MS = 15_000;
const RESTART_DELAY_MIN_MS = 500;
const RESTART_DELAY_MAX_MS = 30_000;
/** Having run so long, a process is taken to be well: the next restart is quick again. */
const WELL_AFTER_MS = 60_000;
const LOG_TAIL_LINES = 12;

export interface AppSpec {
  /** Shown to the user: `coordinator 1`. */
  name: string;
  /** Built entry file. */
  entry: string;
  env: NodeJS.ProcessEnv;
  /** Its output goes here. */
  logFile: string;
}

export class AppProcess {
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopping = false;
  #failures = 0;
  #url: string | undefined;
  readonly #killOnExit = (): void => void this.#child?.kill('SIGKILL');

  /** @param report is told of deaths and restarts */
  constructor(
    readonly spec: AppSpec,
    private readonly report: (line: string) => void,
  ) {}

  /** Where it serves, once started; a worker has none. A restart keeps the port. */
  get url(): string | undefined {
    return this.#url;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when it serves. @throws AppMissingError, AppStartError with the end of its log when it does not come up */
  async start(): Promise<void> {
    const { name, entry, logFile } = this.spec;
    if (!existsSync(entry)) throw new AppMissingError(entry);
    mkdirSync(dirname(logFile), { recursive: true });
    process.once('exit', this.#killOnExit);
    try {
      await this.#spawn('w');
    } catch (error) {
      this.#child = undefined;
      process.removeListener('exit', this.#killOnExit);
      const why = error instanceof Error ? error.message : String(error);
      throw new AppStartError(name, `${why}\n${tail(logFile)}`, { cause: error });
    }
  }

  /** Asks it to end and waits; kills it when it does not. @returns false when it did not end with exit code 0 */
  async stop(): Promise<boolean> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    process.removeListener('exit', this.#killOnExit);
    const child = this.#child;
    if (child === undefined) return true; // it never served
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode === 0;
    const killer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    clearTimeout(killer);
    return child.exitCode === 0;
  }

  async #spawn(logFlags: 'w' | 'a'): Promise<void> {
    const log = openSync(this.spec.logFile, logFlags);
    const env: NodeJS.ProcessEnv = { NO_COLOR: '1', ...this.spec.env };
    if (this.#url !== undefined) env['BARKEEP_PORT'] = new URL(this.#url).port;
    const child = fork(this.spec.entry, [], {
      env,
      detached: true,
      execArgv: ['-r', END_WITH_PARENT],
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    // Stays for the life of the child: an error of its channel must not end this process.
    child.on('error', () => undefined);
    this.#child = child;
    const spawnedAt = Date.now();
    this.#url = (await readyMessage(child)) ?? this.#url;
    child.once('exit', (code, signal) => this.#died(signal ?? `exit code ${code}`, spawnedAt));
    if (child.exitCode !== null || child.signalCode !== null) this.#died('early exit', spawnedAt);
  }

  #died(how: string, spawnedAt: number): void {
    if (this.#stopping) return;
    this.#failures = Date.now() - spawnedAt > WELL_AFTER_MS ? 0 : this.#failures + 1;
    const wait = Math.min(RESTART_DELAY_MIN_MS * 2 ** (this.#failures - 1), RESTART_DELAY_MAX_MS);
    this.report(
      `${this.spec.name} ended (${how}); starting it again in ${wait / 1000} s, its log: ${this.spec.logFile}`,
    );
    this.#timer = setTimeout(() => {
      this.#spawn('a').then(
        () => this.report(`${this.spec.name} runs again`),
        (error: unknown) => this.#died(error instanceof Error ? error.message : String(error), Date.now()),
      );
    }, wait);
  }
}

/** Waits for `{ ready: true, url? }`. Rejects when the child ends, or stays silent, before; then it is gone. */
function readyMessage(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`not ready within ${READY_LIMIT_MS / 1000} s`);
    }, READY_LIMIT_MS);
    const settle = (): void => {
      clearTimeout(limit);
      child.removeAllListeners('message').removeAllListeners('exit').off('error', onError);
    };
    const fail = (why: string): void => {
      settle();
      reject(new Error(why));
    };
    const onError = (error: Error): void => fail(error.message);
    child.once('exit', (code, signal) => fail(signal ?? `exit code ${code}`));
    child.on('error', onError);
    child.on('message', (message: unknown) => {
      if (typeof message !== 'object' || message === null || !('ready' in message) || message.ready !== true) return;
      settle();
      resolve('url' in message && typeof message.url === 'string' ? message.url : undefined);
    });
  });
}

function tail(path: string): string {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  if (lines.join('') === '') return `(its log ${path} is empty)`;
  return `${lines.slice(-LOG_TAIL_LINES).join('\n')}\n(the end of ${path})`;
}
