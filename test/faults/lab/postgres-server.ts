/** The PostgreSQL server of a lab. It keeps its data over every end; its port changes, which the gates follow. */
import { startServices, type Services } from '@barkeep/local-system';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';

const TRIES = 50;

export class PostgresServer {
  /** Called with the new URL after each start. */
  onStart: (url: string) => void = () => undefined;
  private services: Services | undefined;

  private constructor(private readonly folder: string) {}

  static async start(folder: string): Promise<PostgresServer> {
    const server = new PostgresServer(folder);
    await server.start();
    return server;
  }

  get url(): string {
    return this.services!.databaseUrl;
  }

  async start(): Promise<void> {
    // Only PostgreSQL is missing, so only it is started.
    const unused = { REDIS_URL: 'redis://127.0.0.1:9/0', SESSION_REDIS_URL: 'redis://127.0.0.1:9/0' };
    this.services = await startServices({
      dataDir: this.folder,
      keep: true,
      env: { ...process.env, ...unused, DATABASE_URL: '' },
    });
    this.onStart(this.url);
  }

  /** Ends it at once, without a checkpoint. */
  async crash(): Promise<void> {
    process.kill(this.pid(), 'SIGQUIT');
    await this.services!.stop();
  }

  /** Stops all of its processes from running. @returns a function that lets them run again */
  freeze(): () => void {
    const pid = this.pid();
    const all = [pid, ...childrenOf(pid)];
    for (const one of all) signal(one, 'SIGSTOP');
    return () => {
      for (const one of all) signal(one, 'SIGCONT');
    };
  }

  /** Runs statements, each as its own transaction that may write. @returns the rows of the last one */
  async query<Row>(...statements: string[]): Promise<Row[]> {
    for (let attempt = 1; ; attempt++) {
      const client = new Client({ connectionString: this.url, options: '-c default_transaction_read_only=off' });
      client.on('error', () => undefined);
      try {
        await client.connect();
        let rows: Row[] = [];
        for (const statement of statements) rows = (await client.query(statement)).rows as Row[];
        return rows;
      } catch (error) {
        if (attempt === TRIES) throw error;
        await delay(100);
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  }

  async close(): Promise<void> {
    await this.services?.stop();
  }

  private pid(): number {
    const text = readFileSync(join(this.folder, 'kept/instance.json'), 'utf8');
    const { servers } = JSON.parse(text) as { servers: { name: string; pid: number }[] };
    return servers.find(({ name }) => name === 'postgres')!.pid;
  }
}

function childrenOf(pid: number): number[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes.map(Number).filter((candidate) => {
    try {
      const stat = readFileSync(`/proc/${candidate}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid;
    } catch {
      return false;
    }
  });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it has ended
  }
}
