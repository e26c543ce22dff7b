/** The Prometheus metrics of the upkeep jobs of this process, all sessions together. */
import { statusOf } from '@barkeep/bars';
import type { Metrics } from '@barkeep/observe';
import type { Job, Worker } from 'bullmq';

/** The slots that became no-trade or unfillable. @param before the states of the day's slots; undefined: none was requested yet */
export function settledOf(before: Uint8Array | undefined, after: Uint8Array) {
  const settled = { noTrade: 0, unfillable: 0 };
  after.forEach((state, slot) => {
    if (state === (before?.[slot] ?? 0)) return;
    const status = statusOf(state);
    if (status === 'no-trade') settled.noTrade++;
    if (status === 'unfillable') settled.unfillable++;
  });
  return settled;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const REPAIR_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200];

export type UpkeepFigures = ReturnType<typeof upkeepFigures>;

export function upkeepFigures(metrics: Metrics) {
  const counter = <L extends string = never>(name: string, help: string, ...labelNames: L[]) =>
    metrics.counter({ name, help, labelNames });
  const seconds = <L extends string = never>(name: string, help: string, buckets: number[], ...labelNames: L[]) =>
    metrics.histogram({ name, help, buckets, labelNames });
  const found = counter('barkeep_gap_slots_found_total', 'Slots of the calendar that were found without a bar');
  const filled = counter('barkeep_gap_slots_filled_total', 'Slots without a bar that a repository filled');
  const settled = counter(
    'barkeep_gap_slots_settled_total',
    'Slots that are settled without a bar: nothing traded, or no repository has the bar (unfillable)',
    'as',
  );
  const repairs = seconds(
    'barkeep_repair_seconds',
    'Time from the detection of gaps until the filled bars and the bars derived from them can be read, once for each derivation',
    REPAIR_SECONDS,
  );
  const refused = counter(
    'barkeep_repository_bars_refused_total',
    'Refused bars in the answers of a repository; a bar that is answered twice counts twice',
    'repository',
  );
  const asked = counter(
    'barkeep_repository_requests_total',
    'Requests to repositories, by outcome',
    'repository',
    'outcome',
  );
  const askTime = seconds(
    'barkeep_repository_request_seconds',
    'Time of one request to a repository',
    SECONDS,
    'repository',
  );
  const jobs = counter(
    'barkeep_jobs_total',
    'Ended runs of upkeep jobs, by outcome; a failed job runs again',
    'queue',
    'outcome',
  );
  const jobTime = seconds('barkeep_job_seconds', 'Time of one completed run of an upkeep job', SECONDS, 'queue');
  const completed = ({ queueName: queue, processedOn = 0, finishedOn = 0 }: Job) => {
    jobs.inc({ queue, outcome: 'completed' });
    jobTime.observe({ queue }, Math.max(0, finishedOn - processedOn) / 1000);
  };
  return {
    /** Slots without a bar that no detection had found before. */
    found: (slots: number) => found.inc(slots),
    /** Slots that got their bar, and slots that are settled without one. */
    filled: (slots: number, { noTrade, unfillable }: ReturnType<typeof settledOf>) => {
      filled.inc(slots);
      settled.inc({ as: 'no-trade' }, noTrade);
      settled.inc({ as: 'unfillable' }, unfillable);
    },
    /** A repository answered a bar that was refused. */
    refused: (repository: string) => refused.inc({ repository }),
    /** A repository answered a request, or failed. */
    asked: (repository: string, tookMs: number, error?: unknown) => {
      asked.inc({ repository, outcome: error === undefined ? 'answered' : 'failed' });
      askTime.observe({ repository }, tookMs / 1000);
    },
    /** Bars that filled gaps are derived, and readers may see them. @param sinceFoundMs since the gaps were found */
    readable: (sinceFoundMs: number) => repairs.observe(Math.max(0, sinceFoundMs) / 1000),
    /** Counts and times the jobs of a worker. */
    watch: (worker: Worker) => {
      worker.on('completed', completed);
      worker.on('failed', () => jobs.inc({ queue: worker.name, outcome: 'failed' }));
    },
  };
}
