/** The Prometheus metrics of this process's upkeep jobs, summed over all sessions. */
import type { FillPlan } from '@barkeep/bars';
import type { Metrics } from '@barkeep/observe';
import type { Worker } from 'bullmq';

/** Upper limits of the buckets for requests and jobs. */
const BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Upper limits of the buckets for repairs. */
const REPAIR_BUCKETS_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200];

/** What {@link upkeepFigures} returns. */
export type UpkeepFigures = ReturnType<typeof upkeepFigures>;

/** Registers the metrics. @returns functions that count and time */
export function upkeepFigures(metrics: Metrics) {
  const counter = (name: string, help: string) => metrics.counter({ name, help });
  const found = counter('barkeep_gap_slots_found_total', 'Slots of the calendar that were found without a bar');
  const filled = counter('barkeep_gap_slots_filled_total', 'Slots without a bar that a repository filled');
  const settled = metrics.counter({
    name: 'barkeep_gap_slots_settled_total',
    help: 'Slots that are settled without a bar: nothing traded, or no repository has the bar (unfillable)',
    labelNames: ['as'],
  });
  const repairs = metrics.histogram({
    name: 'barkeep_repair_seconds',
    help: 'Time from the detection of gaps until the filled bars and the bars derived from them can be read, once for each derivation',
    buckets: REPAIR_BUCKETS_SECONDS,
  });
  const refused = metrics.counter({
    name: 'barkeep_repository_bars_refused_total',
    help: 'Refused bars in the answers of a repository; a bar that is answered twice counts twice',
    labelNames: ['repository'],
  });
  const asked = metrics.counter({
    name: 'barkeep_repository_requests_total',
    help: 'Requests to repositories, by outcome',
    labelNames: ['repository', 'outcome'],
  });
  const askTime = metrics.histogram({
    name: 'barkeep_repository_request_seconds',
    help: 'Time of one request to a repository',
    labelNames: ['repository'],
    buckets: BUCKETS_SECONDS,
  });
  const jobs = metrics.counter({
    name: 'barkeep_jobs_total',
    help: 'Ended runs of upkeep jobs, by outcome; a failed job runs again',
    labelNames: ['queue', 'outcome'],
  });
  const jobTime = metrics.histogram({
    name: 'barkeep_job_seconds',
    help: 'Time of one completed run of an upkeep job',
    labelNames: ['queue'],
    buckets: BUCKETS_SECONDS,
  });
  return {
    /** Counts slots without a bar that no detection had found before. */
    found: (slots: number) => found.inc(slots),
    /** Counts slots that got their bar, and slots that are settled without one. */
    filled: (slots: number, { noTrade, unfillable }: FillPlan['settled']) => {
      filled.inc(slots);
      settled.inc({ as: 'no-trade' }, noTrade);
      settled.inc({ as: 'unfillable' }, unfillable);
    },
    /** Counts a refused bar in an answer of a repository. */
    refused: (repository: string) => refused.inc({ repository }),
    /** Counts and times a request that a repository answered, or that failed. */
    asked: (repository: string, tookMs: number, error?: unknown) => {
      asked.inc({ repository, outcome: error === undefined ? 'answered' : 'failed' });
      askTime.observe({ repository }, tookMs / 1000);
    },
    /** Times a repair whose bars, and the bars derived from them, can be read now. @param sinceFoundMs since the gaps were found */
    repairTook: (sinceFoundMs: number) => repairs.observe(Math.max(0, sinceFoundMs) / 1000),
    /** Counts and times the jobs of a worker. */
    watch: (worker: Worker) => {
      worker.on('completed', ({ queueName: queue, processedOn = 0, finishedOn = 0 }) => {
        jobs.inc({ queue, outcome: 'completed' });
        jobTime.observe({ queue }, Math.max(0, finishedOn - processedOn) / 1000);
      });
      worker.on('failed', () => jobs.inc({ queue: worker.name, outcome: 'failed' }));
    },
  };
}
