/** The page of the queues: what waits, what runs, what failed. */
import type { QueuesAnswer } from '@barkeep/api';
import { call } from '../data/index.js';
import { sessionHref, minuteText } from '../model/index.js';
import { QueueTable, Table } from '../parts/index.js';
import { Failure, html, useResource, useTicks } from '../shell/index.js';
import type { VNode } from 'preact';

const READ_EVERY_MS = 2000;

export function UpkeepPage(): VNode {
  const { value, error, reload } = useResource('queues', () => call<QueuesAnswer>('/v1/queues'));
  useTicks(READ_EVERY_MS, reload);
  const queues = value?.queues ?? [];
  const running = queues.flatMap(({ name, running: jobs }) =>
    jobs.map((job) => ({ ...job, queue: name, time: job.since })),
  );
  const failures = queues.flatMap(({ name, failures: jobs }) =>
    jobs.map((job) => ({ ...job, queue: name, time: job.at })),
  );
  return html`<div class="page-head">
      <h1>Upkeep queues</h1>
      <span class="grow"></span><a class="button" href="/queues" target="_blank">Jobs in bull-board</a>
    </div>
    <${Failure} error=${error} retry=${reload} />
    ${
      value &&
      html`<${QueueTable} queues=${queues} />
        <${JobTable} caption="Running jobs" empty="No job runs now." time="since (UTC)" jobs=${running} />
        <${JobTable} caption="Failures" empty="No failed job is kept." time="at (UTC)" jobs=${failures} />`
    }`;
}

interface ListedJob {
  queue: string;
  id: string;
  session: string | null;
  time: string;
  /** Message of a failed job. */
  message?: string;
}

interface JobTableProperties {
  caption: string;
  /** Text that is shown when there are no jobs. */
  empty: string;
  /** Heading of the column with the time of a job. */
  time: string;
  jobs: readonly ListedJob[];
}

function JobTable({ caption, empty, time, jobs }: JobTableProperties): VNode {
  const hasMessages = jobs.some(({ message }) => message !== undefined);
  const columns = ['queue', 'job', 'session', time, ...(hasMessages ? ['!message'] : [])];
  const rows = jobs.map((job) => [
    `${job.queue} ${job.id}`,
    job.queue,
    job.id,
    job.session === null ? '–' : html`<a href=${sessionHref(job.session)}>${job.session}</a>`,
    minuteText(job.time),
    job.message,
  ]);
  return html`<${Table} caption=${caption} columns=${columns} rows=${rows} empty=${empty} />`;
}
