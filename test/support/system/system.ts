/**
 * A whole Barkeep system for one test file: coordinators and upkeep workers as processes of the built programs, on a
 * database and separate key prefixes. Waits for messages of the processes, never for time to pass.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, queryDatabase } from '../setup/database.js';

const APPS = join(__dirname, '../../../apps');
const READY_MS = 30_000;

/** One process of a system. */
export class SystemProcess {
  private output = '';

  private constructor(
    readonly child: ChildProcess,
    /** Where it listens; empty for a worker. */
    public url: string,
  ) {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (text: Buffer) => (this.output += String(text)));
  }

  static async start(app: 'coordinator' | 'upkeep-worker', env: NodeJS.ProcessEnv): Promise<SystemProcess> {
    const child = spawn(process.execPath, [join(APPS, app, 'dist/main.js')], {
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const started = new SystemProcess(child, '');
    const timeout = AbortSignal.timeout(READY_MS);
    const ended = once(child, 'exit', { signal: timeout }).then(() => {
      throw new Error(`${app} ended before it was ready:\n${started.log}`);
    });
    const [message] = (await Promise.race([once(child, 'message', { signal: timeout }), ended])) as [{ url?: string }];
    ended.catch(() => undefined); // from here on only the test ends the process
    started.url = message.url ?? '';
    return started;
  }

  /** The output of the process so far. */
  get log(): string {
    return this.output;
  }

  /** Sends a signal and, unless the process continues after it, waits for the end. @returns the exit code, null after a kill */
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
    const own = {
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
    return new TestSystem({ ...own, ...env }, database.url, () => database.drop());
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

  async coordinator(env: NodeJS.ProcessEnv = {}): Promise<SystemProcess> {
    return this.start('coordinator', env);
  }

  async worker(env: NodeJS.ProcessEnv = {}): Promise<SystemProcess> {
    return this.start('upkeep-worker', env);
  }

  /**
   * Runs the `barkeep` command on this system to its end. @returns its standard output @throws an error with its output
   * when it fails
   */
  async barkeep(...args: string[]): Promise<string> {
    return new Promise((resolve, reject) =>
      execFile(
        process.execPath,
        [join(APPS, 'cli/bin/barkeep.js'), ...args],
        { env: this.env, cwd: tmpdir(), maxBuffer: 1 << 26 },
        (error, stdout, stderr) => {
          if (error) reject(new Error(`barkeep ${args.join(' ')}: code ${error.code}\n${stdout}${stderr}`));
          else resolve(stdout);
        },
      ),
    );
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

  private async start(app: 'coordinator' | 'upkeep-worker', env: NodeJS.ProcessEnv): Promise<SystemProcess> {
    const started = await SystemProcess.start(app, { ...this.env, ...env });
    this.processes.push(started);
    return started;
  }
}
