/**
 * A lab: two Redis servers, PostgreSQL, two coordinators and two workers, separate from everything else on the machine.
 * Each process has a TCP gate to each server, so that a fault can disconnect one process from one server.
 */
import { freePort } from '@barkeep/local-system';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HttpServer } from '../../support/system/http-server.js';
import { tcpGate, type TcpGate } from '../../support/system/tcp-gate.js';
import { writeDatasets } from './datasets.js';
import { closeWithUs } from './end-with-us.js';
import { faketimeEnvironment, faketimeLibrary } from './faketime.js';
import { serveVendor } from './http-repository.js';
import { PostgresServer } from './postgres-server.js';
import { LabProcess } from './process.js';
import { RedisServer } from './redis-server.js';

export const SERVERS = ['session', 'queue', 'postgres'] as const;
export type ServerName = (typeof SERVERS)[number];

/** The root of the checkout, seen from the compiled file. */
const ROOT = join(__dirname, '../../..');
const COORDINATORS = 2;
const WORKERS = 2;
/** Tables that a running session writes. */
const WRITTEN_TABLES = ['sessions', 'quarantined_bars', 'removed_sessions'];

export class Lab {
  /** Prefixes of the keys of sessions, and of the queues' keys. */
  readonly sessionPrefix = 'faults';
  readonly queuePrefix = 'faults-bull';
  readonly coordinators: LabProcess[] = [];
  readonly workers: LabProcess[] = [];
  /** Users' programs, such as a consumer. */
  private readonly programs: LabProcess[] = [];
  private readonly gates: Record<ServerName, TcpGate>[] = [];
  private readonly cancelCloseWithUs = closeWithUs(() => this.close());

  private constructor(
    readonly folder: string,
    readonly redis: Readonly<Record<'session' | 'queue', RedisServer>>,
    readonly postgres: PostgresServer,
    private readonly vendor: HttpServer,
    private readonly faketime: string | undefined,
  ) {
    // PostgreSQL has another port after each start.
    postgres.onStart = (url) => {
      for (const gates of this.gates) gates.postgres.retarget(url);
    };
  }

  /** Starts everything and stores the datasets. @param note receives what the campaign should print */
  static async create(note: (line: string) => void): Promise<Lab> {
    const folder = mkdtempSync(join(tmpdir(), 'barkeep-faults-'));
    const session = await RedisServer.start(join(folder, 'session-redis'));
    const queue = await RedisServer.start(join(folder, 'queue-redis'));
    const postgres = await PostgresServer.start(postgresFolder(folder));
    const lab = new Lab(folder, { session, queue }, postgres, await serveVendor(), faketimeLibrary(note));
    try {
      await lab.begin(note);
    } catch (error) {
      await lab.close();
      throw error;
    }
    return lab;
  }

  /** True when libfaketime is available, so that a fault can move the clock of a process. */
  get canJump(): boolean {
    return this.faketime !== undefined;
  }

  /** The coordinators and the workers. */
  get processes(): LabProcess[] {
    return [...this.coordinators, ...this.workers];
  }

  /** A program of a user, with separate gates to the servers. It is not started. */
  async program(name: string, file: string, argument: object): Promise<LabProcess> {
    const gates = await this.openGates();
    const [coordinator] = this.coordinators;
    const connection = { coordinator: coordinator!.url, redis: gates.session.url, keyPrefix: this.sessionPrefix };
    const program = new LabProcess({
      name,
      args: [join(ROOT, 'test/faults/programs', file), JSON.stringify({ connection, ...argument })],
      env: { PATH: process.env['PATH'] },
      logFile: this.logFile(name),
      gates,
      mayFinish: true,
    });
    this.programs.push(program);
    return program;
  }

  async close(): Promise<void> {
    this.cancelCloseWithUs();
    await Promise.all([...this.processes, ...this.programs].map((process) => process.end('SIGKILL')));
    const gates = this.gates.flatMap((ofProcess) => Object.values(ofProcess));
    await Promise.all(gates.map((gate) => gate.shut().catch(() => undefined)));
    await this.vendor.close();
    await Promise.all([this.redis.session.close(), this.redis.queue.close(), this.postgres.close()]);
    rmSync(this.folder, { recursive: true, force: true });
    rmSync(postgresFolder(this.folder), { recursive: true, force: true });
  }

  private async begin(note: (line: string) => void): Promise<void> {
    await writeDatasets(this.postgres.url);
    await this.postgres.useSmallDisk(WRITTEN_TABLES);
    if (!this.postgres.hasDisk) note('postgres-disk-full is skipped: nothing can be mounted here');
    for (let i = 1; i <= COORDINATORS; i++) this.coordinators.push(await this.app('coordinator', i));
    for (let i = 1; i <= WORKERS; i++) this.workers.push(await this.app('upkeep-worker', i));
    await Promise.all(this.processes.map((process) => process.start()));
  }

  /** A coordinator or a worker. It is not started. */
  private async app(app: 'coordinator' | 'upkeep-worker', index: number): Promise<LabProcess> {
    const name = `${app}-${index}`;
    const gates = await this.openGates();
    const port = app === 'coordinator' ? await freePort() : 0;
    const timeFile = join(this.folder, `${name}.time`);
    writeFileSync(timeFile, '+0\n');
    const env: NodeJS.ProcessEnv = {
      PATH: process.env['PATH'],
      REDIS_URL: gates.queue.url,
      SESSION_REDIS_URL: gates.session.url,
      DATABASE_URL: gates.postgres.url,
      BARKEEP_PORT: String(port),
      BARKEEP_QUEUE_PREFIX: this.queuePrefix,
      BARKEEP_SESSION_PREFIX: this.sessionPrefix,
      BARKEEP_BACKOFF_MS: '100',
      BARKEEP_LOG_LEVEL: 'warn',
      BARKEEP_REPOSITORIES: join(ROOT, 'test/faults/programs/repositories.mjs'),
      LAB_VENDOR_URL: this.vendor.url,
      ...(this.faketime === undefined ? {} : faketimeEnvironment(this.faketime, timeFile)),
    };
    const args = [join(ROOT, 'apps', app, 'dist/main.js')];
    const url = port === 0 ? undefined : `http://127.0.0.1:${port}`;
    return new LabProcess({ name, args, env, logFile: this.logFile(name), gates, url, timeFile });
  }

  private logFile(name: string): string {
    const folder = join(this.folder, 'logs');
    mkdirSync(folder, { recursive: true });
    return join(folder, `${name}.log`);
  }

  /** Opens a gate to each server, for one process. */
  private async openGates(): Promise<Record<ServerName, TcpGate>> {
    const gates = {
      session: await tcpGate(this.redis.session.url, 6379),
      queue: await tcpGate(this.redis.queue.url, 6379),
      postgres: await tcpGate(this.postgres.url, 5432),
    };
    this.gates.push(gates);
    return gates;
  }
}

/** The folder of PostgreSQL's files, which is named by the random end of the lab's folder. */
function postgresFolder(labFolder: string): string {
  return join(ROOT, '.barkeep/faults', labFolder.slice(-6));
}
