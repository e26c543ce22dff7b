/**
 * The process's Prometheus metrics: one registry, which every part of the coordinator may add to.
 * Guarantees one metric for each name: a second request returns the first one. Shown at /metrics (./metrics.controller.ts).
 */
import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** A metric's name (`barkeep_…`, unit last) and description. */
export interface MetricOptions<L extends string> {
  name: string;
  help: string;
  labelNames?: readonly L[];
}

@Injectable()
export class MetricsService {
  /** Not the global registry of the library, so that two apps in one process have separate metrics. */
  readonly registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** A number that only grows. */
  counter<L extends string>(options: MetricOptions<L>): Counter<L> {
    const known = this.registry.getSingleMetric(options.name);
    if (known instanceof Counter) return known;
    return new Counter({ ...options, labelNames: options.labelNames ?? [], registers: [this.registry] });
  }

  /** A number that goes up and down; `collect` may set it before each scrape. */
  gauge<L extends string>(options: MetricOptions<L>, collect?: (gauge: Gauge<L>) => void | Promise<void>): Gauge<L> {
    const known = this.registry.getSingleMetric(options.name);
    if (known instanceof Gauge) return known;
    return new Gauge({
      ...options,
      labelNames: options.labelNames ?? [],
      registers: [this.registry],
      ...(collect && {
        collect() {
          return collect(this);
        },
      }),
    });
  }

  /** A distribution; `buckets` are upper bounds in the unit of the name. */
  histogram<L extends string>(options: MetricOptions<L> & { buckets?: number[] }): Histogram<L> {
    const known = this.registry.getSingleMetric(options.name);
    if (known instanceof Histogram) return known;
    return new Histogram({ ...options, labelNames: options.labelNames ?? [], registers: [this.registry] });
  }
}
