/** The Prometheus metrics of the queues. All processes share the queues, so each coordinator shows the same figures. */
import { type Metrics, onceAScrape } from '@barkeep/observe';
import { JOB_STATES, readQueueDepths, upkeepSilentMs, type Queues } from '@barkeep/upkeep-queues';
import type { Redis } from 'ioredis';

/** Adds the metrics of the queues; each scrape reads the queues. @param prefix BullMQ's key prefix */
export function addQueueMetrics(metrics: Metrics, queues: Queues, queueRedis: Redis, prefix: string): void {
  const depths = onceAScrape(() => readQueueDepths(queues));
  metrics.gauge(
    { name: 'barkeep_queue_jobs', help: 'Jobs of a queue by state', labelNames: ['queue', 'state'] },
    async (gauge) => {
      for (const { queue, jobs } of await depths())
        for (const state of JOB_STATES) gauge.set({ queue, state }, jobs[state]);
    },
  );
  metrics.gauge(
    {
      name: 'barkeep_queue_oldest_job_age_seconds',
      help: 'How long the oldest job of a queue has waited for a worker; 0 when none waits',
      labelNames: ['queue'],
    },
    async (gauge) => {
      for (const { queue, waitingSince } of await depths())
        gauge.set({ queue }, waitingSince === undefined ? 0 : Math.max(0, Date.now() - waitingSince) / 1000);
    },
  );
  metrics.figure(
    'barkeep_upkeep_silent_seconds',
    'For how long upkeep jobs have waited while no worker took one; 0 when none waits',
    async () => (await upkeepSilentMs(queueRedis, queues, prefix, Date.now())) / 1000,
  );
}
