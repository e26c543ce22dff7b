/** The page of the queues: the jobs that wait, run or have failed. */
import type { QueuesAnswer } from '@barkeep/api';
import { call } from '../data/index.js';
import { sessionHref, minuteText } from '../model/index.js';
import { QueueTable, Table } from '../parts/index.js';
import { Failure, html, useResource, useTicks } from '../shell/index.js';

/** The titles of the columns. `Table` explains the prefix. */
const RUNNING_COLUMNS = ['queue', 'job', 'session', 'since (UTC)'];
const FAILURE_COLUMNS = ['queue', 'job', 'session', 'at (UTC)', '!message'];

export function UpkeepPage() {
  const { value, error, reload } = useResource('queues', () => call<QueuesAnswer>('/v1/queues'));
  useTicks(reload);
  const queues = value?.queues ?? [];
  const running = queues.flatMap(({ name, running: jobs }) => jobs.map((job) => rowOf(name, job, job.since)));
  const failures = queues.flatMap(({ name, failures: jobs }) =>
    jobs.map((job) => [...rowOf(name, job, job.at), job.message]),
  );
  return html`<div class="page-head">
      <h1>Upkeep queues</h1>
      <span class="grow"></span><a class="button" href="/queues" target="_blank">Jobs in bull-board</a>
    </div>
    <${Failure} error=${error} retry=${reload} />
    ${
      value &&
      html`<${QueueTable} queues=${queues} />
        <${Table} caption="Running jobs" columns=${RUNNING_COLUMNS} rows=${running} empty="No job runs now." />
        <${Table} caption="Failures" columns=${FAILURE_COLUMNS} rows=${failures} empty="No failed job is kept." />`
    }`;
}

/** A row for a job. As `Table` wants it, the key of the row comes first, then its cells. */
function rowOf(queue: string, { id, session }: { id: string; session: string | null }, time: string): unknown[] {
  const link = session === null ? '–' : html`<a href=${sessionHref(session)}>${session}</a>`;
  return [`${queue} ${id}`, queue, id, link, minuteText(time)];
}
