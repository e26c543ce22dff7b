/** Metrics that every process has: its version, and its connections to PostgreSQL and the two Redis roles. */
import { barkeepVersion, type Connections } from '@barkeep/service';
import type { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';
import type { Metrics } from './metrics.js';

/** What the metrics read of a pool of node-postgres. */
interface Pool {
  totalCount: number;
  idleCount: number;
  waitingCount: number;
  options: { max: number };
}

/** @param service `coordinator` or `upkeep-worker` */
export function addProcessMetrics(metrics: Metrics, service: string, connections: Connections): void {
  metrics
    .gauge({
      name: 'barkeep_build_info',
      help: 'Always 1; its labels say which program this is, and its version',
      labelNames: ['service', 'version'],
    })
    .set({ service, version: barkeepVersion() }, 1);
  addPoolMetrics(metrics, poolOf(connections.dataSource));
  addRedisMetrics(metrics, { 'queue-redis': connections.queueRedis, 'session-redis': connections.sessionRedis });
}

function addPoolMetrics(metrics: Metrics, pool: Pool): void {
  metrics.gauge(
    {
      name: 'barkeep_postgres_pool_connections',
      help: 'Connections of this process to PostgreSQL, by whether a statement or a COPY uses them',
      labelNames: ['state'],
    },
    (gauge) => {
      gauge.set({ state: 'busy' }, pool.totalCount - pool.idleCount);
      gauge.set({ state: 'idle' }, pool.idleCount);
    },
  );
  const figure = (name: string, help: string, read: () => number) =>
    metrics.gauge({ name, help }, (gauge) => gauge.set(read()));
  figure(
    'barkeep_postgres_pool_limit',
    'Most connections of this process to PostgreSQL (BARKEEP_POSTGRES_POOL)',
    () => pool.options.max,
  );
  figure(
    'barkeep_postgres_pool_waiting',
    'Statements that wait for a connection to PostgreSQL',
    () => pool.waitingCount,
  );
}

function addRedisMetrics(metrics: Metrics, clients: Record<string, Redis>): void {
  const figure = (name: string, help: string, read: (client: Redis) => number) =>
    metrics.gauge({ name, help, labelNames: ['server'] }, (gauge) => {
      for (const [server, client] of Object.entries(clients)) gauge.set({ server }, read(client));
    });
  figure('barkeep_redis_up', 'Whether this process is connected to the server: 1 or 0', ({ status }) =>
    status === 'ready' ? 1 : 0,
  );
  figure(
    'barkeep_redis_pending_commands',
    'Commands that were sent to the server and are not answered',
    ({ commandQueue }) => commandQueue.length,
  );
}

function poolOf({ driver }: DataSource): Pool {
  return (driver as unknown as { master: Pool }).master;
}
