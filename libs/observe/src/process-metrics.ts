/** The metrics that every process has: its version, and its connections to PostgreSQL and Redis. */
import { poolOf } from '@barkeep/bar-repository';
import { barkeepVersion, type Connections } from '@barkeep/service';
import type { Redis } from 'ioredis';
import type { Metrics } from './metrics.js';

/** Adds the metrics. @param service `coordinator` or `upkeep-worker` */
export function addProcessMetrics(metrics: Metrics, service: string, connections: Connections): void {
  const help = 'Always 1; its labels say which program this is, and its version';
  const info = metrics.gauge({ name: 'barkeep_build_info', help, labelNames: ['service', 'version'] });
  info.set({ service, version: barkeepVersion() }, 1);
  addPoolMetrics(metrics, poolOf(connections.dataSource));
  addRedisMetrics(metrics, { 'queue-redis': connections.queueRedis, 'session-redis': connections.sessionRedis });
}

function addPoolMetrics(metrics: Metrics, pool: ReturnType<typeof poolOf>): void {
  const help = 'Connections of this process to PostgreSQL, by whether a statement or a COPY uses them';
  metrics.gauge({ name: 'barkeep_postgres_pool_connections', help, labelNames: ['state'] }, (gauge) => {
    gauge.set({ state: 'busy' }, pool.totalCount - pool.idleCount);
    gauge.set({ state: 'idle' }, pool.idleCount);
  });
  const limitHelp = 'Most connections of this process to PostgreSQL (BARKEEP_POSTGRES_POOL)';
  metrics.figure('barkeep_postgres_pool_limit', limitHelp, () => pool.options.max);
  const waitingHelp = 'Statements that wait for a connection to PostgreSQL';
  metrics.figure('barkeep_postgres_pool_waiting', waitingHelp, () => pool.waitingCount);
}

function addRedisMetrics(metrics: Metrics, clients: Record<string, Redis>): void {
  const figure = (name: string, help: string, read: (client: Redis) => number) =>
    metrics.gauge({ name, help, labelNames: ['server'] }, (gauge) => {
      for (const [server, client] of Object.entries(clients)) gauge.set({ server }, read(client));
    });
  const upHelp = 'Whether this process is connected to the server: 1 or 0';
  figure('barkeep_redis_up', upHelp, ({ status }) => (status === 'ready' ? 1 : 0));
  const pendingHelp = 'Commands that were sent to the server and are not answered';
  figure('barkeep_redis_pending_commands', pendingHelp, ({ commandQueue }) => commandQueue.length);
}
