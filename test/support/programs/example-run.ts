/**
 * Runs an example as a user does, on a separate database and with separate key prefixes. Returns what the example
 * prints, and the sessions and keys that an interrupted run leaves.
 */
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { createTestDatabase, queryDatabase, type TestDatabase } from '../setup/database.js';
import { removeAllKeys } from '../system/in-process.js';

const ROOT = join(__dirname, '../../..');
const MAX_WAIT_MS = 60_000;
const CHECK_EVERY_MS = 25;

/** How an interrupted program ended. `code` is null when a signal killed it. */
interface Interrupted {
  code: number | null;
  stdout: string;
  stderr: string;
}

export class ExampleRun {
  /** The key prefix of its session stores. */
  readonly prefix = `test-${randomBytes(4).toString('hex')}`;

  private constructor(
    private readonly name: string,
    private readonly database: TestDatabase,
  ) {}

  /** @param name the example's folder */
  static async create(name: string): Promise<ExampleRun> {
    return new ExampleRun(name, await createTestDatabase());
  }

  /** Runs it to its end, by its npm script. @returns what it prints @throws when its exit code is not 0 */
  async printed(): Promise<string> {
    const args = ['run', '--silent', `example:${this.name}`];
    const { stdout } = await promisify(execFile)('npm', args, { cwd: ROOT, env: this.env });
    return stdout;
  }

  /** Interrupts it, as Ctrl-C in a terminal would, as soon as a session runs. */
  async interrupted(): Promise<Interrupted> {
    const args = [join(ROOT, 'scripts/example.mjs'), this.name];
    const child = spawn(process.execPath, args, { env: this.env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(child, 'close') as Promise<[number | null]>;
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (text: Buffer) => (output.stdout += String(text)));
    child.stderr.on('data', (text: Buffer) => (output.stderr += String(text)));
    await this.until(async () => child.exitCode !== null || (await this.sessionCount('running')) > 0);
    // The negative pid signals the whole process group, as a terminal does.
    if (child.exitCode === null) process.kill(-child.pid!, 'SIGINT');
    const [code] = await ended;
    return { code, ...output };
  }

  /** Waits until no other client is connected to the database. @returns what is left: sessions, and keys of their store */
  async leftovers(): Promise<{ sessions: number; keys: string[] }> {
    const otherClients = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`;
    await this.until(async () => (await this.query(otherClients)).length === 0);
    const keys = () => this.keys(`${this.prefix}:*`);
    // The readiness check writes a key that expires after a second.
    await this.until(async () => !(await keys()).includes(`${this.prefix}:probe`));
    return { sessions: await this.sessionCount(), keys: await keys() };
  }

  /** The text of its README. */
  readme(): string {
    return readFileSync(join(ROOT, 'examples', this.name, 'README.md'), 'utf8');
  }

  /** Runs one statement on its database. @returns its rows */
  query<Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return queryDatabase(this.database.url, sql, values);
  }

  /** Removes its keys and its database. Call it in `afterAll`. */
  async close(): Promise<void> {
    await removeAllKeys(this.prefix);
    await this.database.drop();
  }

  /** The environment in which it runs. */
  get env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      DATABASE_URL: this.database.url,
      BARKEEP_QUEUE_PREFIX: `${this.prefix}-bull`,
      BARKEEP_SESSION_PREFIX: this.prefix,
    };
  }

  /** Number of sessions, in one state or in any. */
  private async sessionCount(state?: string): Promise<number> {
    // The example creates the tables, so at first there are none.
    const [table] = await this.query<{ exists: boolean }>(`SELECT to_regclass('sessions') IS NOT NULL AS exists`);
    if (!table!.exists) return 0;
    const sql = 'SELECT id FROM sessions WHERE $1::text IS NULL OR state = $1';
    return (await this.query(sql, [state ?? null])).length;
  }

  /** The keys of the session Redis that match. */
  private async keys(pattern: string): Promise<string[]> {
    const redis = new Redis(process.env['SESSION_REDIS_URL']!);
    const keys = await redis.keys(pattern);
    await redis.quit();
    return keys;
  }

  private async until(isReached: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + MAX_WAIT_MS;
    for (; !(await isReached()); await delay(CHECK_EVERY_MS)) {
      if (Date.now() > deadline)
        throw new Error(`expected example ${this.name} to get on within ${MAX_WAIT_MS / 1000} s`);
    }
  }
}
