/** What scenarios run on: servers, connections to them, processes of the built programs, and datasets, which are made once per run. */
import { createDataSource, migrate } from '@barkeep/bar-repository';
import { Scope, startApps, startServices } from '@barkeep/local-system';
import { Redis } from 'ioredis';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { CpuMeter, parentOf } from './proc.mjs';
import { importMarket } from './market.mjs';

export class Bench {
  #datasets = {};
  /** Ends the systems that run. */
  #systemScope = new Scope();
  #systems = 0;
  /** Folder for a scenario's files; removed at the end. */
  folder = mkdtempSync(join(tmpdir(), 'barkeep-bench-'));

  /** @param log receives a line about each step */
  constructor(log) {
    this.log = log;
  }

  /**
   * Starts a private server in place of each that the environment does not name. Sets `services` (their addresses), `redis`
   * (a connection to the session Redis) and `dataSource` (a connection pool to the migrated database).
   */
  async open() {
    this.services = await startServices({ dataDir: this.folder, keep: false, log: this.log });
    const { sessionRedisUrl, databaseUrl } = this.services;
    this.redis = new Redis(sessionRedisUrl);
    this.dataSource = await createDataSource(databaseUrl, { applicationName: 'barkeep-bench' }).initialize();
    await migrate(this.dataSource);
  }

  /**
   * A dataset in PostgreSQL, made once per run. @param holes share of missing bars @param packed whether its days are packed
   * @returns a promise of the result of `importMarket`
   */
  market({ symbols, days, holes = 0, packed = false }) {
    const name = `bench-${symbols}x${days}${holes > 0 ? `-${holes}` : ''}${packed ? '-packed' : ''}`;
    return (this.#datasets[name] ??= importMarket(this.dataSource, { name, symbols, days, holes, packed }, this.log));
  }

  /**
   * Starts one coordinator and some upkeep workers. Their queues are separate, so that no other system takes their jobs; but
   * coordinators find sessions in PostgreSQL, see {@link stopSystems}. BENCH_NODE_ARGS has arguments for the coordinator's Node, such as
   * `--cpu-prof`.
   * @param env added to every process @returns `{ coordinator, meter }`; `coordinator` has its `pid`, its `url` and {@link callerOf}
   */
  async system({ workers = 0, env } = {}) {
    const prefix = `bench-${++this.#systems}`;
    const wanted = {
      coordinators: 1,
      workers,
      port: 0,
      env: { PATH: process.env.PATH, BARKEEP_LOG_LEVEL: 'warn', BARKEEP_QUEUE_PREFIX: prefix, ...env },
      logFolder: join(this.folder, prefix),
      coordinatorArgs: process.env.BENCH_NODE_ARGS?.split(' '),
      note: this.log,
    };
    const { urls, processes } = await startApps(this.services, wanted, this.#systemScope);
    const pids = Object.fromEntries(processes.map(({ pid }, i) => [i === 0 ? 'coordinator' : `worker ${i}`, pid]));
    const coordinator = { pid: pids.coordinator, url: urls[0], call: callerOf(urls[0]) };
    return { coordinator, meter: await this.cpuMeter(pids) };
  }

  /** Stops all systems, because coordinators on one database would take each other's sessions. Called after each scenario. */
  async stopSystems() {
    await this.#systemScope.end();
  }

  /** Counts CPU seconds by process: Postgres, Redis, this process, and the `apps`, an object of names and pids. */
  async cpuMeter(apps = {}) {
    const [{ pid }] = await this.dataSource.query('SELECT pg_backend_pid() AS pid');
    const postgres = { tree: parentOf(pid) }; // each connection has a process, a child of the server's main process
    const redis = Number(/process_id:(\d+)/.exec(await this.redis.info('server'))?.[1]);
    return new CpuMeter({ postgres, redis, bench: process.pid, ...apps });
  }

  /** Measures work that stores `bars` bars in Redis. @returns a sample: bars per second, CPU seconds, and bytes per bar */
  async storing(meter, bars, work) {
    const before = await this.redisBytes();
    const sample = await meter.sample(bars, work);
    return { ...sample, bytesPerBar: ((await this.redisBytes()) - before) / bars };
  }

  /** Bytes that Redis uses now. Waits until Redis has freed what was deleted. */
  async redisBytes() {
    for (;;) {
      const info = await this.redis.info('memory');
      if (/lazyfree_pending_objects:0\r/.test(info)) return Number(/used_memory:(\d+)/.exec(info)[1]);
    }
  }

  /** The machine and the versions with which the figures were measured. */
  async machine() {
    const redis = /redis_version:(\S+)/.exec(await this.redis.info('server'))?.[1];
    const [{ server_version: postgres }] = await this.dataSource.query('SHOW server_version');
    const [cpu] = cpus();
    return {
      date: new Date().toISOString().slice(0, 10),
      processor: `${cpu?.model ?? 'unknown'} × ${cpus().length}`,
      memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
      system: `${process.platform} ${process.arch}`,
      node: process.versions.node,
      redis,
      postgres,
    };
  }

  async close() {
    await this.stopSystems();
    await this.dataSource?.destroy();
    this.redis?.disconnect();
    await this.services?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A function that sends a request to the API of a coordinator, and throws unless the answer is a success. */
function callerOf(url) {
  return async (method, path, body) => {
    const headers = body ? { 'content-type': 'application/json' } : {};
    const answer = await fetch(`${url}${path}`, { method, headers, body: body && JSON.stringify(body) });
    if (!answer.ok)
      throw new Error(`expected ${method} ${path} to succeed, was ${answer.status}: ${await answer.text()}`);
    return answer.status === 204 ? undefined : answer.json();
  };
}
