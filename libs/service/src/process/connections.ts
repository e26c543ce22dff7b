/**
 * The connections of a service to PostgreSQL and the two Redis roles: opened before the application, closed after it.
 *
 * Commands fail at once while a server is unavailable (the API then answers 503, and a job is retried). Connections are
 * restored automatically. Workers use separate connections to wait for jobs.
 */
import type { Config } from '../config/index.js';
import type { Queues, QueueTelemetry } from '@barkeep/upkeep-queues';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { awaitServer, serverAt, ServerRefusedError } from './await-server.js';
import { probeRedis } from './redis-probe.js';

const FAIL_FAST = { lazyConnect: true, connectTimeout: 5_000, commandTimeout: 10_000 };

/** When PostgreSQL stays silent for this long, the connection is closed, ms. Statements of a service are short. */
const POSTGRES_SILENCE_MS = 30_000;

export interface Connections {
  dataSource: DataSource;
  /** An ioredis client whose commands fail fast; so does `sessionRedis`. */
  queueRedis: Redis;
  sessionRedis: Redis;
  /** For adding jobs. */
  queues: Queues;
  /** Closes all of them; never rejects. */
  close(): Promise<void>;
}

/**
 * Opens all connections and runs pending migrations. Waits for servers that are away.
 * @param name the name that the servers show for this process @param telemetry of the queues @default no traces
 * @throws WrongServerError when a server refuses this client
 */
export async function openConnections(
  name: string,
  config: Config,
  logger: Logger,
  telemetry?: QueueTelemetry,
): Promise<Connections> {
  // Imported here: a program that only reads the environment loads neither TypeORM nor BullMQ.
  const [{ createDataSource, migrate, NewerSchemaError }, { openQueues, producerConnection }] = await Promise.all([
    import('@barkeep/bar-repository'),
    import('@barkeep/upkeep-queues'),
  ]);
  const { databaseUrl, redisUrl, sessionRedisUrl } = config.services;
  const redisClient = (url: string, role: string) => {
    const connectionName = `${name}:${role}`;
    return logOutages(producerConnection(url, { ...FAIL_FAST, connectionName }), connectionName, logger);
  };
  let isMigrated = false;
  const dataSource = createDataSource(databaseUrl, {
    poolSize: config.postgres.pool,
    applicationName: name,
    // A migration may take longer.
    silenceLimitMs: () => (isMigrated ? POSTGRES_SILENCE_MS : Infinity),
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
  try {
    const connectRedis = (client: Redis, role: string, setting: string, url: string) => {
      const attempt = async () => {
        await probeRedis(url);
        // After a failed try the client connects again on its own, and answers when it has.
        const isIdle = client.status === 'wait' || client.status === 'end';
        await (isIdle ? client.connect() : client.ping());
      };
      return awaitServer(serverAt(role, setting, url, 6379), attempt, logger);
    };
    const postgres = serverAt('PostgreSQL', 'DATABASE_URL', databaseUrl, 5432);
    const connectPostgres = async () => {
      if (!dataSource.isInitialized) await dataSource.initialize();
    };
    await Promise.all([
      awaitServer(postgres, connectPostgres, logger),
      connectRedis(queueRedis, 'the queue Redis', 'REDIS_URL', redisUrl),
      connectRedis(sessionRedis, 'the session Redis', 'SESSION_REDIS_URL', sessionRedisUrl),
    ]);
    queues = openQueues(queueRedis, config.queues.prefix, telemetry);
    const updateSchema = () =>
      migrate(dataSource).catch((error: unknown) => {
        throw error instanceof NewerSchemaError ? new ServerRefusedError(error.message) : error;
      });
    const ran = await awaitServer(postgres, updateSchema, logger);
    isMigrated = true;
    if (ran.length > 0) logger.info({ migrations: ran }, 'schema brought up to date');
    return { dataSource, queueRedis, sessionRedis, queues, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Logs each outage of a client once, not once per attempt. */
function logOutages(client: Redis, name: string, logger: Logger): Redis {
  let away = false;
  client.on('error', (error: Error) => {
    if (!away) logger.warn({ err: error }, `${name} is away`);
    away = true;
  });
  client.on('ready', () => {
    if (away) logger.info(`${name} is back`);
    away = false;
  });
  return client;
}
