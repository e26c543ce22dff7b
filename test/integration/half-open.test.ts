/**
 * Connections to servers that no longer answer (I11): they are given up after a time and replaced. A half-open connection is
 * closed on the server's side only; the client still takes it for open.
 */
import { createDataSource } from '@barkeep/bar-repository';
import { storeReads, type ReadCommand } from '@barkeep/session-data';
import { producerConnection, QueueWorker, workerConnection } from '@barkeep/upkeep-queues';
import type { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedisServer } from '../faults/lab/redis-server.js';
import { tcpGate, type TcpGate } from '../support/system/tcp-gate.js';

let gate: TcpGate;
beforeEach(async () => (gate = await tcpGate(process.env['REDIS_URL']!, 6379)));
afterEach(() => gate.shut());

test.each([
  ['adds jobs', producerConnection],
  ['runs jobs', workerConnection],
])(
  'I11 a half-open connection that %s is given up and works again',
  async (_name, connectionTo) => {
    const redis = connectionTo(gate.url);
    try {
      expect(await redis.ping()).toBe('PONG');
      gate.halfOpen();
      // The first command of a producer times out. That of a worker is sent again on the new connection.
      await redis.ping().catch(() => undefined);
      expect(await redis.ping()).toBe('PONG');
    } finally {
      redis.disconnect();
    }
  },
  40_000,
);

test('I11 a lost connection of a blocking worker leaves no timer, which would cut the next connection', async () => {
  const connection = workerConnection(gate.url);
  const worker = new QueueWorker('idle', () => Promise.resolve(), { connection, prefix: `test-${randomUUID()}` });
  try {
    worker.on('error', () => undefined);
    const blocking = (await worker.getBackend().blockingClient) as unknown as Redis;
    while (blocking['socketTimeoutTimer'] === undefined) await new Promise(setImmediate);
    const closed = new Promise((resolve) => blocking.once('close', resolve));
    await gate.cut('reset');
    await closed;
    expect(blocking['socketTimeoutTimer']).toBeUndefined();
  } finally {
    await worker.close(true);
    connection.disconnect();
  }
});

const PROBE: ReadCommand[] = [['get', 'half-open-probe']];

test.each([
  ['had answered a read', true],
  ['was still connecting', false],
])(
  'I11 a connection of bulk reads that becomes half-open when it %s is given up and works again',
  async (_name, hasAnswered) => {
    const redis = producerConnection(gate.url, { commandTimeout: 4_000, socketTimeout: 3_000 });
    const reads = storeReads(redis);
    try {
      await redis.set('half-open-probe', 'x', 'EX', 60);
      if (hasAnswered) expect(await reads.run(PROBE)).toEqual(['x']);
      // One or both of the next reads fail, depending on how far the connection had got.
      const first = reads.run(PROBE).catch(() => undefined);
      // One turn of the event loop later the connection is being opened.
      if (!hasAnswered) await new Promise((resolve) => setImmediate(resolve));
      gate.halfOpen();
      await first;
      await reads.run(PROBE).catch(() => undefined);
      expect(await reads.run(PROBE)).toEqual(['x']);
    } finally {
      reads.close();
      redis.disconnect();
    }
  },
  40_000,
);

test('I11 a query on a half-open connection to PostgreSQL is given up long before the limit, with and without parameters', async () => {
  const postgres = await tcpGate(process.env['DATABASE_URL']!, 5432);
  const dataSource = await createDataSource(postgres.url, { silenceLimitMs: () => 600_000 }).initialize();
  try {
    for (const query of [
      () => dataSource.query('SELECT 1 AS one'),
      () => dataSource.query('SELECT $1::int AS one', [1]),
    ]) {
      await expect(query()).resolves.toEqual([{ one: 1 }]);
      postgres.halfOpen();
      // After some seconds another connection asks the server what it does for the half-open one: nothing.
      await expect(query()).rejects.toThrow(/^expected an answer from PostgreSQL, was none for/);
      await expect(query()).resolves.toEqual([{ one: 1 }]);
    }
  } finally {
    await dataSource.destroy();
    await postgres.shut();
  }
}, 60_000);

test('I11 a query that takes longer than the limit is not given up while the server works on it', async () => {
  const dataSource = await createDataSource(process.env['DATABASE_URL']!, {
    silenceLimitMs: () => 6_000,
  }).initialize();
  try {
    await expect(dataSource.query('SELECT pg_sleep(9)::text AS slept')).resolves.toEqual([{ slept: '' }]);
  } finally {
    await dataSource.destroy();
  }
}, 60_000);

test('I11 a query is given up at the limit when no connection to PostgreSQL gets an answer', async () => {
  const postgres = await tcpGate(process.env['DATABASE_URL']!, 5432);
  const dataSource = await createDataSource(postgres.url, { silenceLimitMs: () => 5_000 }).initialize();
  try {
    postgres.freeze();
    await expect(dataSource.query('SELECT 1 AS one')).rejects.toThrow(
      /^expected an answer from PostgreSQL, was none for/,
    );
    postgres.thaw();
    await expect(dataSource.query('SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
  } finally {
    await dataSource.destroy();
    await postgres.shut();
  }
}, 60_000);

test.each([
  ['adds jobs', producerConnection],
  ['runs jobs', workerConnection],
])(
  'I11 a connection that %s leaves a server that became a replica, and connects to the new primary',
  async (_name, connectionTo) => {
    const folder = mkdtempSync(join(tmpdir(), 'demoted-'));
    const formerPrimary = await RedisServer.start(folder);
    gate.retarget(formerPrimary.url);
    const redis = connectionTo(gate.url);
    try {
      const key = `test-${randomUUID()}`;
      expect(await redis.set(key, '1')).toBe('OK');
      // From now on the address leads to another server, as after a failover. Open connections stay with the former one.
      await formerPrimary.control('REPLICAOF', '127.0.0.1', 1);
      gate.retarget(process.env['REDIS_URL']!);
      await expect(redis.set(key, '2')).rejects.toThrow(/^READONLY/);
      expect(await redis.set(key, '3', 'EX', 60)).toBe('OK');
    } finally {
      redis.disconnect();
      await formerPrimary.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
