/**
 * An emitter (a connection, a queue, a child process) that emits `error` without a listener ends the process. So each emitter that our code
 * makes must have a listener for as long as it lives. The tests check this for all emitters that recorded-emitters.ts has recorded, at
 * several moments between their start and their end: a new connection needs no new test.
 * I11: an invariant at the end of docs/ARCHITECTURE.md.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { DayGrid, parseInterval } from '@barkeep/bars';
import {
  BarImporter,
  createDataSource,
  migrate,
  packDays,
  readWindow,
  resolveDataset,
  symbolIds,
  withConnection,
} from '@barkeep/bar-repository';
import { loadConfig } from '@barkeep/service';
import { openQueues, producerConnection, workerConnection } from '@barkeep/upkeep-queues';
import { QueueBase, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { startCoordinator } from '../../apps/coordinator/src/coordinator.js';
import { startWorker } from '../../apps/upkeep-worker/src/worker.js';
import { poolOf } from '../../libs/bar-repository/src/connection.js';
import { AppProcess } from '../../libs/local-system/src/app-process.js';
import { freePort, spawnServer } from '../../libs/local-system/src/servers/server-process.js';
import { pingServices } from '../support/setup/global-setup.js';
import { createTestDatabase, type TestDatabase } from '../support/setup/database.js';
import { marketBars, tradingDays } from '../support/data/market.js';
import { inProcessEnvironment } from '../support/system/in-process.js';
import {
  copyStreams,
  countOf,
  emitters,
  expectListener,
  expectListeners,
} from '../support/system/recorded-emitters.js';

const DATES = { start: '2024-07-01', end: '2024-07-02' };
const folder = mkdtempSync(join(tmpdir(), 'barkeep-listeners-'));
let database: TestDatabase;

beforeAll(async () => (database = await createTestDatabase()));
beforeEach(() => emitters.clear());
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await database.drop();
});

test('I11 a pool and its clients have listeners at checkout, in use and after release', async () => {
  const dataSource = await createDataSource(database.url).initialize();
  const pool = poolOf(dataSource);
  const first = await pool.connect();
  expectListener(first);
  first.release();
  await migrate(dataSource);
  expectListeners('after migrations');
  expectListener(pool);

  const released = await withConnection(dataSource, async (client) => {
    expectListener(client);
    await client.query('SELECT 1');
    expectListeners('in use');
    return client;
  });
  expectListener(released);
  const failed = withConnection(dataSource, async (client) => client.query('SELECT nonsense'));
  await expect(failed).rejects.toThrow('nonsense');
  expectListeners('after a failed statement');
  const runner = dataSource.createQueryRunner();
  await runner.connect();
  expectListeners('borrowed by TypeORM');
  await runner.release();
  expect(countOf('Client (connect)')).toBeGreaterThan(0);
  await dataSource.destroy();
  expectListeners('after the end of the pool');
});

test('I11 clients and COPY streams have listeners in an import, in a read and after days were packed', async () => {
  const dataSource = await createDataSource(database.url).initialize();
  await migrate(dataSource);
  const importer = await BarImporter.open(dataSource, 'main');
  expectListeners('importing');
  const market = marketBars({ symbols: ['AAA', 'BBB'], seed: 1, ...DATES });
  for (const [symbol, bars] of market) await importer.write(symbol, bars);
  await importer.finish();

  const datasetId = (await resolveDataset(dataSource, 'main'))!;
  const ids = [...(await symbolIds(dataSource, ['AAA', 'BBB'])).values()];
  const days = tradingDays(DATES);
  const grid = new DayGrid(days[0]!, parseInterval('1m'));
  const window = { datasetId, symbolIds: ids, ranges: [{ from: grid.open, to: grid.close }] };
  let rows = 0;
  await readWindow(dataSource, window, () => {
    if (rows++ === 0) expectListeners('copying out');
  });
  expect(rows).toBe(2 * grid.slotCount);
  await packDays(dataSource, { datasetId, symbolIds: ids, days, interval: parseInterval('1m') });
  expectListeners('after release');
  expect(countOf('Client (connect)')).toBeGreaterThan(0);
  // The import's COPY. Reads have no stream of pg-copy-streams, and packs are inserted.
  expect(copyStreams).toHaveLength(1);
  await dataSource.destroy();
  expectListeners('after the end of the pool');
});

test('I11 queues, workers and Redis clients of a coordinator and a worker have listeners until they are closed', async () => {
  const environment = inProcessEnvironment(database.url, `listeners-${randomUUID()}`);
  // With a port the worker has an HTTP server, too.
  const config = loadConfig({ ...environment, BARKEEP_WORKER_PORT: String(await freePort()) });
  const coordinator = await startCoordinator(config);
  const worker = await startWorker(config);
  try {
    expectListeners('running');
    const answer = await fetch(`${coordinator.url}/health/ready`);
    expect(answer.status).toBe(200);
    expectListeners('after a request');
    // Both services have four queues, and the four workers of BullMQ are a QueueBase too. With less, the recording would miss emitters.
    const all = [...emitters.keys()];
    expect(all.filter((emitter) => emitter instanceof QueueBase).length).toBeGreaterThanOrEqual(12);
    expect(all.filter((emitter) => emitter instanceof Redis).length).toBeGreaterThanOrEqual(6);
    // The HTTP servers of the coordinator and of the worker.
    expect(all.filter((emitter) => emitter instanceof Server)).toHaveLength(2);
    // A BullMQ worker for each of the four queues.
    const workers = all.filter((emitter) => emitter instanceof Worker);
    expect(workers).toHaveLength(4);
    // While a worker waits to try again after a lost connection, its sessions stand still.
    for (const { opts } of workers) expect(opts.runRetryDelay).toBeLessThanOrEqual(1_000);
  } finally {
    await worker.stop.run();
    await coordinator.stop.run();
  }
  expectListeners('after the stop');
});

test('I11 connections to the queue Redis have listeners before anything uses them', async () => {
  const producer = producerConnection(process.env['REDIS_URL']!);
  const queues = Object.values(openQueues(producer, `listeners-${randomUUID()}`));
  const worker = workerConnection(process.env['REDIS_URL']!);
  for (const emitter of [producer, worker, ...queues]) expectListener(emitter);
  await Promise.all(queues.map((queue) => queue.close()));
  for (const connection of [producer, worker]) connection.disconnect();
  await turn();
  expectListeners('closed');
});

test('I11 child processes and probes of servers have listeners while they run and after they ended', async () => {
  await pingServices({
    redisUrl: process.env['REDIS_URL']!,
    sessionRedisUrl: process.env['SESSION_REDIS_URL']!,
    databaseUrl: database.url,
  });
  expectListeners('after the pings');
  const server = await spawnServer({
    name: 'sleeper',
    command: process.execPath,
    args: ['-e', 'setTimeout(() => {}, 60_000)'],
    proof: 'setTimeout', // a part of the command line by which the process is known
    cwd: folder,
    env: { ...process.env },
    logFile: join(folder, 'sleeper.log'),
  });
  // A child is recorded one turn of the event loop after its start, so after two turns it surely is recorded.
  await turn();
  await turn();
  expectListeners('server runs');
  process.kill(server.mark.pid, 'SIGKILL');
  await server.exited;
  expectListeners('server ended');

  const entry = join(folder, 'app.cjs');
  writeFileSync(entry, 'process.send({ ready: true }); process.once("SIGTERM", () => process.exit(0));');
  const env = { ...process.env, BARKEEP_PORT: '0' };
  const app = new AppProcess({ name: 'app', entry, env, logFile: join(folder, 'app.log') }, () => undefined);
  await app.start();
  await turn();
  expectListeners('app runs');
  await app.stop();
  expectListeners('app ended');
  // The server and the app.
  expect(countOf('child process')).toBe(2);
});
