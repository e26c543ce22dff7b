/**
 * The connections of a service to PostgreSQL, the queue Redis and the session Redis. While a server is unavailable, commands fail at
 * once: the API answers 503, and a job is retried. Connections are restored automatically.
 */
import type { Config } from '../config/index.js';
import type { Queues, QueueTelemetry } from '@barkeep/upkeep-queues';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { awaitServer, serverAt, ServerRefusedError } from './await-server.js';
import { probeRedis } from './redis-probe.js';

/** The client connects at the call of `connect`, and its commands fail instead of waiting for a server that is away. */
const FAIL_FAST = { lazyConnect: true, connectTimeout: 5_000, commandTimeout: 10_000 };
/** When PostgreSQL does not answer for this long, ms, the connection is closed. A service's statements take much less. */
const POSTGRES_SILENCE_MS = 30_000;
/**
 * A statement that waits for a lock this long, ms, fails, for example while a table is rebuilt. So a call with one such statement fails
 * before its deadline of 30 s, even if it waited 10 s for a connection.
 */
const POSTGRES_LOCK_MS = 15_000;

export interface Connections {
  dataSource: DataSource;
  queueRedis: Redis;
  sessionRedis: Redis;
  queues: Queues;
  /** Closes all of them; never rejects. */
  close(): Promise<void>;
}

/**
 * Opens all connections and runs pending migrations. Waits for servers that are unavailable.
 * @param name the name that the servers show for this process @param telemetry traces of the queues; none when left out
 * @throws WrongServerError when a server refuses this client
 */
export async function openConnections(
  name: string,
  config: Config,
  logger: Logger,
  telemetry?: QueueTelemetry,
): Promise<Connections> {
  // Imported here, so that a program that only reads the environment loads neither TypeORM nor BullMQ.
  const [{ createDataSource, migrate, NewerSchemaError }, { openQueues, producerConnection }] = await Promise.all([
    import('@barkeep/bar-repository'),
    import('@barkeep/upkeep-queues'),
  ]);
  const { databaseUrl, redisUrl, sessionRedisUrl } = config.services;
  const redisClient = (url: string, role: string) => {
    const connectionName = `${name}:${role}`;
    return logOutages(producerConnection(url, { ...FAIL_FAST, connectionName }), connectionName, logger);
  };
  let isMigrated = false; // set after the migrations, read by the silence limit
  const dataSource = createDataSource(databaseUrl, {
    poolSize: config.postgres.pool,
    applicationName: name,
    // No limit during a migration, which may take long.
    silenceLimitMs: () => (isMigrated ? POSTGRES_SILENCE_MS : Infinity),
    lockLimitMs: POSTGRES_LOCK_MS,
  });
  const queueRedis = redisClient(redisUrl, 'queue-redis');
  const sessionRedis = redisClient(sessionRedisUrl, 'session-redis');
  let queues: Queues | undefined;
  const close = async () => {
    await Promise.allSettled(Object.values(queues ?? {}).map((queue) => queue.close()));
    queueRedis.disconnect();
    sessionRedis.disconnect();
    if (dataSource.isInitialized) await dataSource.destroy().catch((error: unknown) => logger.warn({ err: error }));
  };
  const postgres = serverAt('PostgreSQL', 'DATABASE_URL', databaseUrl, 5432);
  const updateSchema = () =>
    migrate(dataSource).catch((error: unknown) => {
      // Waiting does not help against a newer schema, so it counts as a refusal.
      throw error instanceof NewerSchemaError ? new ServerRefusedError(error.message) : error;
    });
  try {
    await Promise.all([
      awaitServer(postgres, async () => dataSource.isInitialized || dataSource.initialize(), logger),
      connectRedis(queueRedis, 'the queue Redis', 'REDIS_URL', redisUrl, logger),
      connectRedis(sessionRedis, 'the session Redis', 'SESSION_REDIS_URL', sessionRedisUrl, logger),
    ]);
    queues = openQueues(queueRedis, config.queues.prefix, telemetry);
    const migrations = await awaitServer(postgres, updateSchema, logger);
    isMigrated = true;
    if (migrations.length > 0) logger.info({ migrations }, 'schema brought up to date');
    return { dataSource, queueRedis, sessionRedis, queues, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Connects a client to its server, and waits while the server is unavailable. @param name of the server, for messages */
function connectRedis(client: Redis, name: string, setting: string, url: string, logger: Logger): Promise<unknown> {
  const attempt = async () => {
    await probeRedis(url);
    // A client that has tried once reconnects automatically, and PING succeeds when it has.
    const isIdle = client.status === 'wait' || client.status === 'end';
    await (isIdle ? client.connect() : client.ping());
  };
  return awaitServer(serverAt(name, setting, url, 6379), attempt, logger);
}

/** Logs each outage of a client once, not once per attempt. */
function logOutages(client: Redis, name: string, logger: Logger): Redis {
  let isAway = false;
  client.on('error', (error: Error) => {
    if (!isAway) logger.warn({ err: error }, `${name} is away`);
    isAway = true;
  });
  client.on('ready', () => {
    if (isAway) logger.info(`${name} is back`);
    isAway = false;
  });
  return client;
}
