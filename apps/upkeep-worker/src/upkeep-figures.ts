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
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    metrics.counter({ name, help, labelNames });
  const histogram = <L extends string>(name: string, help: string, buckets: number[], ...labelNames: L[]) =>
    metrics.histogram({ name, help, buckets, labelNames });
  const found = counter('barkeep_gap_slots_found_total', 'Slots of the calendar that were found without a bar');
  const filled = counter('barkeep_gap_slots_filled_total', 'Slots without a bar that a repository filled');
  const settledHelp = 'Slots that are settled without a bar: nothing traded, or no repository has the bar (unfillable)';
  const settled = counter('barkeep_gap_slots_settled_total', settledHelp, 'as');
  const repairsHelp =
    'Time from the detection of gaps until the filled bars and the bars derived from them can be read, once for each derivation';
  const repairs = histogram('barkeep_repair_seconds', repairsHelp, REPAIR_BUCKETS_SECONDS);
  const refusedHelp = 'Refused bars in the answers of a repository; a bar that is answered twice counts twice';
  const refused = counter('barkeep_repository_bars_refused_total', refusedHelp, 'repository');
  const askedHelp = 'Requests to repositories, by outcome';
  const asked = counter('barkeep_repository_requests_total', askedHelp, 'repository', 'outcome');
  const askTimeHelp = 'Time of one request to a repository';
  const askTime = histogram('barkeep_repository_request_seconds', askTimeHelp, BUCKETS_SECONDS, 'repository');
  const jobsHelp = 'Ended runs of upkeep jobs, by outcome; a failed job runs again';
  const jobs = counter('barkeep_jobs_total', jobsHelp, 'queue', 'outcome');
  const jobTimeHelp = 'Time of one completed run of an upkeep job';
  const jobTime = histogram('barkeep_job_seconds', jobTimeHelp, BUCKETS_SECONDS, 'queue');
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
