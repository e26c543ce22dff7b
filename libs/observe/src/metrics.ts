/**
 * The Prometheus metrics of a process: one registry, to which every part of the process may add metrics.
 * Guarantees that a gauge that cannot be read is missing from that scrape only, and does not affect the other metrics.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { barkeepVersion, type Connections } from '@barkeep/service';
import type { Redis } from 'ioredis';
import { collectDefaultMetrics, Counter, type CounterConfiguration, Gauge, Histogram, Registry } from 'prom-client';
import type { DataSource } from 'typeorm';

/** Time limit for reading a gauge, ms. A gauge that takes longer is missing from the scrape. */
const COLLECT_WITHIN_MS = 2_000;

/** Gauges that are collected within this time, ms, belong to the same scrape and share a read. */
const SCRAPE_MS = 200;

/** A metric's name (`barkeep_…`, ending in its unit), description and labels. */
export type MetricOptions<L extends string> = Pick<CounterConfiguration<L>, 'name' | 'help' | 'labelNames'>;

export class Metrics {
  /** A registry per object, not the library's global one, so that two apps in one process have separate metrics. */
  readonly registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** A number that only grows. A second request for its name returns the same counter. */
  counter<L extends string>(options: MetricOptions<L>): Counter<L> {
    const known = this.registry.getSingleMetric(options.name);
    if (known instanceof Counter) return known;
    return new Counter({ ...options, registers: [this.registry] });
  }

  /**
   * A number that goes up and down. `collect` sets it again for each scrape: a series that it does not set is removed. All gauges are
   * collected at the same time, so `collect` may set only its own gauge.
   */
  gauge<L extends string>(options: MetricOptions<L>, collect?: (gauge: Gauge<L>) => void | Promise<void>): Gauge<L> {
    return new Gauge({
      ...options,
      registers: [this.registry],
      ...(collect && {
        // The library calls this method on the gauge.
        collect() {
          return collectWithin(this, collect, options.labelNames === undefined);
        },
      }),
    });
  }

  /** A gauge without labels that shows what `read` returns. */
  figure(name: string, help: string, read: () => number | Promise<number>): void {
    this.gauge({ name, help }, async (gauge) => gauge.set(await read()));
  }

  /** A distribution; `buckets` are upper bounds in the unit of the name. */
  histogram<L extends string>(options: MetricOptions<L> & { buckets?: number[] }): Histogram<L> {
    return new Histogram({ ...options, registers: [this.registry] });
  }
}

/** Sets a gauge again, within the time limit. A gauge that cannot be read stays without a series. */
async function collectWithin<L extends string>(
  gauge: Gauge<L>,
  collect: (gauge: Gauge<L>) => void | Promise<void>,
  hasNoLabels: boolean,
): Promise<void> {
  gauge.reset();
  // For a gauge without labels, `reset` leaves a series with the value 0.
  if (hasNoLabels) gauge.remove();
  try {
    await Promise.race([collect(gauge), delay(COLLECT_WITHIN_MS, undefined, { ref: false })]);
  } catch {
    // The gauge is missing from this scrape: a server is unavailable, which the health check shows.
  }
}

/** Makes one call of `read` serve all gauges of a scrape. @returns a function that the gauges call instead of `read` */
export function onceAScrape<T>(read: () => Promise<T>): () => Promise<T> {
  let lastRead: { at: number; value: Promise<T> } | undefined;
  return () => {
    const now = performance.now();
    if (!lastRead || now - lastRead.at > SCRAPE_MS) lastRead = { at: now, value: read() };
    return lastRead.value;
  };
}

/** The properties of a node-postgres pool that the metrics read. */
interface Pool {
  totalCount: number;
  idleCount: number;
  waitingCount: number;
  options: { max: number };
}

/** Adds the metrics that every process has: its version and its connections. @param service `coordinator` or `upkeep-worker` */
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
  metrics.figure(
    'barkeep_postgres_pool_limit',
    'Most connections of this process to PostgreSQL (BARKEEP_POSTGRES_POOL)',
    () => pool.options.max,
  );
  metrics.figure(
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

/** The pool that TypeORM's types do not show. */
function poolOf({ driver }: DataSource): Pool {
  return (driver as unknown as { master: Pool }).master;
}
