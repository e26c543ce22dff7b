/**
 * The environment of the scenarios: servers, which start when a scenario first needs them and stop at the end,
 * datasets, which are made once, and processes of the built programs.
 */
import { createDataSource, migrate } from '@barkeep/bar-repository';
import { startServices } from '@barkeep/local-system';
import { Redis } from 'ioredis';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { CpuMeter, parentOf } from './cpu.mjs';
import { importMarket } from './market.mjs';
import { App } from './app.mjs';

const nodeArgs = () => process.env.BENCH_NODE_ARGS?.split(' ') ?? [];

export class Bench {
  #services;
  #dataSource;
  #redis;
  #datasets = new Map();
  #apps = new Set();
  #systems = 0;
  /** Folder for a scenario's files; removed at the end. */
  folder = mkdtempSync(join(tmpdir(), 'barkeep-bench-'));

  /** @param log receives a line about each step */
  constructor(log) {
    this.log = log;
  }

  /** The servers' addresses; private ones are started for those that the environment does not name. */
  services() {
    this.#services ??= startServices({ dataDir: this.folder, keep: false, log: this.log });
    return this.#services;
  }

  /** A connection pool to PostgreSQL, with the schema up to date. */
  async dataSource() {
    this.#dataSource ??= this.#openDatabase();
    return this.#dataSource;
  }

  async #openDatabase() {
    const { databaseUrl } = await this.services();
    const dataSource = await createDataSource(databaseUrl, { applicationName: 'barkeep-bench' }).initialize();
    await migrate(dataSource);
    return dataSource;
  }

  /** A connection to the session Redis. */
  async redis() {
    this.#redis ??= new Redis((await this.services()).sessionRedisUrl);
    return this.#redis;
  }

  /** A dataset in PostgreSQL, made once in a run. Returns `{ dataset, datasetId, symbols, start, end, bars }`. */
  market({ symbols, days, holes = 0, packed = false }) {
    const name = `bench-${symbols}x${days}${holes > 0 ? `-${holes}` : ''}${packed ? '-packed' : ''}`;
    let made = this.#datasets.get(name);
    if (!made) {
      made = this.dataSource().then((dataSource) =>
        importMarket(dataSource, { name, symbols, days, holes, packed }, this.log),
      );
      this.#datasets.set(name, made);
    }
    return made;
  }

  /**
   * Starts one coordinator and some upkeep workers. They have separate queues, so that no other system takes their
   * jobs. BENCH_NODE_ARGS has arguments for the coordinator's Node, such as `--cpu-prof`.
   * @param env added to every process @returns `{ coordinator, workers, meter, stop }`
   */
  async system({ workers = 0, env } = {}) {
    const { redisUrl, sessionRedisUrl, databaseUrl } = await this.services();
    const urls = { REDIS_URL: redisUrl, SESSION_REDIS_URL: sessionRedisUrl, DATABASE_URL: databaseUrl };
    const all = { ...urls, BARKEEP_QUEUE_PREFIX: `bench-${++this.#systems}`, ...env };
    const names = ['coordinator', ...Array(workers).fill('upkeep-worker')];
    const apps = await Promise.all(names.map((name, i) => App.start(name, all, i === 0 ? nodeArgs() : [])));
    apps.forEach((app) => this.#apps.add(app));
    const [coordinator, ...others] = apps;
    const pids = Object.fromEntries(others.map(({ pid }, i) => [`worker ${i + 1}`, pid]));
    const meter = await this.cpuMeter({ coordinator: coordinator.pid, ...pids });
    return { coordinator, workers: others, meter, stop: () => Promise.all(apps.map((app) => app.stop())) };
  }

  /** Counts CPU seconds by process: Postgres, Redis, this one, and the apps given by name. */
  async cpuMeter(apps = {}) {
    const redis = await this.redis();
    const [{ pid }] = await (await this.dataSource()).query('SELECT pg_backend_pid() AS pid');
    const redisPid = Number(/process_id:(\d+)/.exec(await redis.info('server'))?.[1]);
    return new CpuMeter({ postgres: { tree: parentOf(pid) }, redis: redisPid, bench: process.pid, ...apps });
  }

  /** Bytes that Redis uses now. Waits until Redis has freed what was deleted. */
  async redisBytes() {
    const redis = await this.redis();
    for (;;) {
      const info = await redis.info('memory');
      if (/lazyfree_pending_objects:0\r/.test(info)) return Number(/used_memory:(\d+)/.exec(info)[1]);
    }
  }

  /** The machine and the versions with which the figures were measured. */
  async machine() {
    const redis = /redis_version:(\S+)/.exec(await (await this.redis()).info('server'))?.[1];
    const [{ server_version: postgres }] = await (await this.dataSource()).query('SHOW server_version');
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
    await Promise.all([...this.#apps].map((app) => app.stop()));
    if (this.#dataSource) await (await this.#dataSource).destroy();
    this.#redis?.disconnect();
    if (this.#services) await (await this.#services).stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
