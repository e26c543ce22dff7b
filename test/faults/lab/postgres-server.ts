/**
 * The PostgreSQL server of a lab. Its data survives every stop and crash. Its port changes at each start, and the gates
 * follow.
 */
import { startServices, type Services } from '@barkeep/local-system';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { SmallDisk } from './small-disk.js';

/** How often a query is tried, and the pause after a failed try. */
const QUERY_TRIES = 50;
const QUERY_PAUSE_MS = 100;

export class PostgresServer {
  /** Called with the new URL after each start. */
  onStart: (url: string) => void = () => undefined;
  private services: Services | undefined;
  private disk: SmallDisk | undefined;
  /** Ends the last {@link freeze}. */
  private thaw: () => void = () => undefined;

  private constructor(private readonly folder: string) {}

  /** Starts a server. @param folder of its files; created if missing */
  static async start(folder: string): Promise<PostgresServer> {
    const server = new PostgresServer(folder);
    await server.start();
    return server;
  }

  get url(): string {
    return this.services!.databaseUrl;
  }

  async start(): Promise<void> {
    // Only servers without an address are started. The Redis addresses are never used.
    const unused = { REDIS_URL: 'redis://127.0.0.1:9/0', SESSION_REDIS_URL: 'redis://127.0.0.1:9/0' };
    this.services = await startServices({
      dataDir: this.folder,
      keep: true,
      env: { ...process.env, ...unused, DATABASE_URL: '' },
    });
    this.onStart(this.url);
  }

  /** Ends it at once, without a checkpoint: SIGQUIT is its immediate shutdown. */
  async crash(): Promise<void> {
    process.kill(this.pid(), 'SIGQUIT');
    await this.services!.stop();
  }

  /** Stops all of its processes from running. @returns a function that lets them run again */
  freeze(): () => void {
    const pid = this.pid();
    const pids = [pid, ...childrenOf(pid)];
    for (const frozen of pids) signal(frozen, 'SIGSTOP');
    this.thaw = () => {
      for (const frozen of pids) signal(frozen, 'SIGCONT');
    };
    return this.thaw;
  }

  /** Runs statements, each as its own transaction that may write. @returns the rows of the last one */
  query<Row>(...statements: string[]): Promise<Row[]> {
    return this.queryIn<Row>(this.url, statements);
  }

  /** Renames a database, and ends the connections to it. */
  async rename(from: string, to: string): Promise<void> {
    const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${from}'`;
    await this.queryIn(this.otherUrl, [end, `ALTER DATABASE ${from} RENAME TO ${to}`]);
  }

  /** Copies the database. @returns a function that puts the copy in the place of the database, as a restoration of a backup does */
  async snapshot(): Promise<() => Promise<void>> {
    await this.rename('barkeep', 'backup');
    await this.queryIn(this.otherUrl, ['CREATE DATABASE barkeep TEMPLATE backup']);
    return async () => {
      await this.queryIn(this.otherUrl, ['DROP DATABASE barkeep WITH (FORCE)']);
      await this.rename('backup', 'barkeep');
    };
  }

  async close(): Promise<void> {
    this.thaw(); // a frozen process does not stop
    await this.services?.stop();
    this.disk?.remove();
  }

  /** True when {@link fillDisk} can fill a disk here. */
  get hasDisk(): boolean {
    return this.disk !== undefined;
  }

  /** Moves tables to a separate small disk. Does nothing where the process may not mount one. */
  async useSmallDisk(tables: readonly string[]): Promise<void> {
    const { uid, gid } = statSync(join(this.folder, 'kept/postgres'));
    this.disk = SmallDisk.mount(join(this.folder, 'small-disk'), { uid, gid });
    if (!this.disk) return;
    await this.query(`CREATE TABLESPACE small LOCATION '${this.disk.folder}'`);
    for (const table of tables) await this.query(`ALTER TABLE ${table} SET TABLESPACE small`);
  }

  /** Leaves no free byte on the small disk. @returns a function that frees it again */
  fillDisk(): () => void {
    return this.disk!.fill();
  }

  /** The URL of a database that Barkeep does not use. */
  private get otherUrl(): string {
    return Object.assign(new URL(this.url), { pathname: '/postgres' }).href;
  }

  /** Runs statements in the database of a URL. Tries again when a fault closes the connection. */
  private async queryIn<Row>(connectionString: string, statements: readonly string[]): Promise<Row[]> {
    for (let attempt = 1; ; attempt++) {
      const client = new Client({ connectionString, options: '-c default_transaction_read_only=off' });
      client.on('error', () => undefined);
      try {
        await client.connect();
        let rows: Row[] = [];
        for (const statement of statements) rows = (await client.query(statement)).rows as Row[];
        return rows;
      } catch (error) {
        if (attempt === QUERY_TRIES) throw error;
        await delay(QUERY_PAUSE_MS);
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  }

  /** Process id of the postmaster, from the file that `startServices` writes. */
  private pid(): number {
    const text = readFileSync(join(this.folder, 'kept/instance.json'), 'utf8');
    const { servers } = JSON.parse(text) as { servers: { name: string; pid: number }[] };
    return servers.find(({ name }) => name === 'postgres')!.pid;
  }
}

/** Process ids of the children of a process. */
function childrenOf(pid: number): number[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes.map(Number).filter((candidate) => {
    try {
      // `PID (NAME) STATE PARENT …`. The name may contain spaces and parentheses.
      const stat = readFileSync(`/proc/${candidate}/stat`, 'utf8');
      const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return Number(parent) === pid;
    } catch {
      return false; // the process has ended
    }
  });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // the process has ended
  }
}
