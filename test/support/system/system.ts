/**
 * A complete Barkeep system for one test file: coordinators and upkeep workers as processes of the built programs, on a
 * database and key prefixes that no other test uses. It waits for messages of the processes, not for time to pass.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runBarkeep } from '../programs/barkeep-command.js';
import { createTestDatabase, queryDatabase } from '../setup/database.js';

const APPS = join(__dirname, '../../../apps');
const READY_MS = 30_000;

type App = 'coordinator' | 'upkeep-worker';

/** One process of a built program. */
export class SystemProcess {
  readonly child: ChildProcess;
  /** Where it listens, once it is ready; empty for a worker. */
  url = '';
  private output = '';

  /** Starts the program; {@link ready} waits for it. */
  constructor(
    private readonly app: App,
    env: NodeJS.ProcessEnv,
  ) {
    const program = join(APPS, app, 'dist/main.js');
    this.child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (text: Buffer) => (this.output += String(text)));
  }

  /** Waits until the program is ready. @throws an error with its output when it ends instead */
  async ready(): Promise<this> {
    const timeout = AbortSignal.timeout(READY_MS);
    const ended = once(this.child, 'exit', { signal: timeout }).then(() => {
      throw new Error(`${this.app} ended before it was ready:\n${this.log}`);
    });
    ended.catch(() => undefined); // after it is ready only the test ends it
    const message = once(this.child, 'message', { signal: timeout }) as Promise<[{ url?: string }]>;
    const [{ url = '' }] = await Promise.race([message, ended]);
    this.url = url;
    return this;
  }

  /** The output of the process so far. */
  get log(): string {
    return this.output;
  }

  /**
   * Sends a signal and waits until the process has ended; SIGSTOP and SIGCONT do not end it. @returns the exit code; null
   * when a signal killed the process or when it continues
   */
  async signal(name: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    const ends = name !== 'SIGSTOP' && name !== 'SIGCONT';
    const exit = ends ? once(this.child, 'exit') : undefined;
    this.child.kill(name);
    return exit ? ((await exit)[0] as number | null) : null;
  }
}

export class TestSystem {
  private readonly processes: SystemProcess[] = [];

  private constructor(
    private readonly env: NodeJS.ProcessEnv,
    readonly databaseUrl: string,
    private readonly drop: () => Promise<void>,
  ) {}

  /** An empty system: start processes with {@link coordinator} and {@link worker}. @param env added to every process */
  static async create(env: NodeJS.ProcessEnv = {}): Promise<TestSystem> {
    const database = await createTestDatabase();
    const prefix = `test-${randomBytes(4).toString('hex')}`;
    const defaults = {
      PATH: process.env['PATH'],
      REDIS_URL: process.env['REDIS_URL'],
      SESSION_REDIS_URL: process.env['SESSION_REDIS_URL'],
      DATABASE_URL: database.url,
      BARKEEP_PORT: '0',
      BARKEEP_QUEUE_PREFIX: `${prefix}-bull`,
      BARKEEP_SESSION_PREFIX: prefix,
      BARKEEP_BACKOFF_MS: '100',
      BARKEEP_LOG_LEVEL: 'warn',
    };
    return new TestSystem({ ...defaults, ...env }, database.url, () => database.drop());
  }

  /** The environment of its processes: where the servers are, and its key prefixes. */
  get environment(): NodeJS.ProcessEnv {
    return { ...this.env };
  }

  /** The key prefix of its session stores. */
  get sessionPrefix(): string {
    return this.env['BARKEEP_SESSION_PREFIX']!;
  }

  get queuePrefix(): string {
    return this.env['BARKEEP_QUEUE_PREFIX']!;
  }

  /** Starts a coordinator and waits until it is ready. @param env replaces variables of the system's environment */
  async coordinator(env: NodeJS.ProcessEnv = {}): Promise<SystemProcess> {
    return this.start('coordinator', env);
  }

  /** Starts an upkeep worker, as {@link coordinator} does. */
  async worker(env: NodeJS.ProcessEnv = {}): Promise<SystemProcess> {
    return this.start('upkeep-worker', env);
  }

  /**
   * Runs the `barkeep` command on this system to its end. @returns its standard output @throws an error with its output
   * when it fails
   */
  async barkeep(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await runBarkeep(args, tmpdir(), this.env);
    if (code !== 0) throw new Error(`barkeep ${args.join(' ')}: code ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Runs one statement on the system's database. @returns its rows */
  query<Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return queryDatabase(this.databaseUrl, sql, values);
  }

  /** The incarnation of a session that exists. */
  async incarnationOf(id: string): Promise<string> {
    const sql = 'SELECT incarnation FROM sessions WHERE id = $1';
    const [row] = await this.query<{ incarnation: string }>(sql, [id]);
    return row!.incarnation;
  }

  /** Ends every process and removes the database. Call it in `afterAll`. */
  async close(): Promise<void> {
    await Promise.all(this.processes.map((started) => started.signal('SIGKILL')));
    await this.drop();
  }

  private async start(app: App, env: NodeJS.ProcessEnv): Promise<SystemProcess> {
    const started = await new SystemProcess(app, { ...this.env, ...env }).ready();
    this.processes.push(started);
    return started;
  }
}

/**
 * Starts one coordinator on the servers of this process's environment, on a free port and with key prefixes that no other
 * test uses. Does not wait until it is ready.
 */
export function coordinatorProcess(environment: NodeJS.ProcessEnv): SystemProcess {
  const prefix = `e2e-${randomUUID()}`;
  const defaults = { BARKEEP_PORT: '0', BARKEEP_QUEUE_PREFIX: prefix, BARKEEP_SESSION_PREFIX: prefix };
  return new SystemProcess('coordinator', { ...process.env, ...defaults, ...environment });
}

/** Starts {@link coordinatorProcess} and waits until it is ready. @throws an error with its output when it ends instead */
export function startCoordinatorProcess(environment: NodeJS.ProcessEnv): Promise<SystemProcess> {
  return coordinatorProcess(environment).ready();
}
