/**
 * Connections to servers that no longer answer: they are given up after a time and replaced. A half-open connection is
 * closed on the server's side only; the client still takes it for open.
 * I11: an invariant at the end of docs/ARCHITECTURE.md.
 */
import { createDataSource } from '@barkeep/bar-repository';
import { storeReads, type ReadCommand } from '@barkeep/session-data';
import { producerConnection, QueueWorker, workerConnection } from '@barkeep/upkeep-queues';
import type { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { RedisServer } from '../faults/lab/redis-server.js';
import { tcpGate, type TcpGate } from '../support/system/tcp-gate.js';

/** The two kinds of connections to the queue Redis, each with what it does. */
const QUEUE_CONNECTIONS = [
  ['adds jobs', producerConnection],
  ['runs jobs', workerConnection],
] as const;

/** In front of the queue Redis. */
let gate: TcpGate;
beforeEach(async () => (gate = await tcpGate(process.env['REDIS_URL']!, 6379)));
afterEach(() => gate.shut());

test.each(QUEUE_CONNECTIONS)(
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

/** A read of one key, which the tests set to `x`. */
const PROBE: ReadCommand[] = [['get', 'half-open-probe']];

test.each([
  ['after it answered a read', true],
  ['while it connects', false],
])(
  'I11 a connection of bulk reads that becomes half-open %s is given up and works again',
  async (_name, hasAnswered) => {
    const redis = producerConnection(gate.url, { commandTimeout: 4_000, socketTimeout: 3_000 });
    const reads = storeReads(redis);
    try {
      await redis.set('half-open-probe', 'x', 'EX', 60);
      if (hasAnswered) expect(await reads.run(PROBE)).toEqual(['x']);
      // This read and the one after it may fail, depending on how far the connection had got. The third one must not.
      const first = reads.run(PROBE).catch(() => undefined);
      // One turn of the event loop later the connection is being opened.
      if (!hasAnswered) await new Promise(setImmediate);
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

describe('queries of PostgreSQL', () => {
  const NO_ANSWER = /^expected an answer from PostgreSQL, was none for/;
  let postgres: TcpGate;
  let dataSource: DataSource;
  beforeEach(async () => (postgres = await tcpGate(process.env['DATABASE_URL']!, 5432)));
  afterEach(async () => {
    await dataSource.destroy();
    await postgres.shut();
  });

  /** Connects through the gate. @param silenceLimitMs how long PostgreSQL may stay silent while an answer is expected */
  async function connect(silenceLimitMs: number): Promise<void> {
    dataSource = await createDataSource(postgres.url, { silenceLimitMs: () => silenceLimitMs }).initialize();
  }

  test.each<[string, string, unknown[]]>([
    ['without parameters', 'SELECT 1 AS one', []],
    ['with parameters', 'SELECT $1::int AS one', [1]],
  ])(
    'I11 a query %s on a half-open connection is given up long before the silence limit',
    async (_name, sql, parameters) => {
      await connect(600_000);
      await expect(dataSource.query(sql, parameters)).resolves.toEqual([{ one: 1 }]);
      postgres.halfOpen();
      // After some seconds another connection asks the server whether it works on this query: it does not.
      await expect(dataSource.query(sql, parameters)).rejects.toThrow(NO_ANSWER);
      await expect(dataSource.query(sql, parameters)).resolves.toEqual([{ one: 1 }]);
    },
  );

  test('I11 a query that takes longer than the silence limit is not given up while the server works on it', async () => {
    await connect(6_000);
    await expect(dataSource.query('SELECT pg_sleep(9)::text AS slept')).resolves.toEqual([{ slept: '' }]);
  });

  test('I11 a query is given up at the silence limit when no connection gets an answer', async () => {
    await connect(5_000);
    postgres.freeze();
    await expect(dataSource.query('SELECT 1 AS one')).rejects.toThrow(NO_ANSWER);
    postgres.thaw();
    await expect(dataSource.query('SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
  });
});

test.each(QUEUE_CONNECTIONS)(
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
      await formerPrimary.control('REPLICAOF', '127.0.0.1', 1); // a replica refuses writes; no primary listens at port 1
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
