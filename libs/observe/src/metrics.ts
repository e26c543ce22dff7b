/**
 * The Prometheus metrics of a process: one registry, to which every part of the process may add metrics.
 * Guarantees that a gauge that cannot be read is missing from that scrape only, and does not affect the other metrics.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { collectDefaultMetrics, Counter, type CounterConfiguration, Gauge, Histogram, Registry } from 'prom-client';

/** Time limit for reading a gauge, ms. A gauge that takes longer is missing from the scrape. */
const COLLECT_WITHIN_MS = 2_000;
/** Gauges that are collected within this time, ms, belong to the same scrape. */
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
    const registers = [this.registry];
    if (!collect) return new Gauge({ ...options, registers });
    const hasLabels = options.labelNames !== undefined;
    return new Gauge({
      ...options,
      registers,
      // The library calls this method on the gauge.
      collect() {
        return collectWithin(this, collect, hasLabels);
      },
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
  hasLabels: boolean,
): Promise<void> {
  gauge.reset();
  // For a gauge without labels, `reset` leaves a series with the value 0.
  if (!hasLabels) gauge.remove();
  try {
    await Promise.race([collect(gauge), delay(COLLECT_WITHIN_MS, undefined, { ref: false })]);
  } catch {
    // The gauge is missing from this scrape: a server is unavailable, which the health check shows.
  }
}

/** Makes calls share a read that began at most `ms` ago. @returns a function that the callers call instead of `read` */
export function sharedFor<T>(ms: number, read: () => Promise<T>): () => Promise<T> {
  let lastRead: { at: number; value: Promise<T> } | undefined;
  return () => {
    const now = performance.now();
    if (!lastRead || now - lastRead.at > ms) lastRead = { at: now, value: read() };
    return lastRead.value;
  };
}

/** Makes one call of `read` serve all gauges of a scrape. */
export const onceAScrape = <T>(read: () => Promise<T>) => sharedFor(SCRAPE_MS, read);
