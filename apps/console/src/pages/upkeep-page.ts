/** The page of the queues: what waits, what runs, what failed. */
import type { QueuesAnswer } from '@barkeep/api';
import { call } from '../data/index.js';
import { sessionHref, minuteText } from '../model/index.js';
import { QueueTable, Table } from '../parts/index.js';
import { Failure, html, useResource, useTicks } from '../shell/index.js';
import type { VNode } from '../vendor/index.js';

const READ_EVERY_MS = 2000;
type Queue = QueuesAnswer['queues'][number];

export function UpkeepPage(): VNode {
  const { value, error, reload } = useResource('queues', () => call<QueuesAnswer>('/v1/queues'));
  useTicks(READ_EVERY_MS, reload);
  const queues = value?.queues ?? [];
  const running = queues.flatMap(({ name, running: jobs }) => jobs.map((job) => ({ ...job, queue: name })));
  const failures = queues.flatMap(({ name, failures: jobs }) => jobs.map((job) => ({ ...job, queue: name })));
  return html`<div class="page-head">
      <h1>Upkeep queues</h1>
      <span class="grow"></span><a class="button" href="/queues" target="_blank">Jobs in bull-board</a>
    </div>
    ${error ? html`<${Failure} error=${error} retry=${reload} />` : ''}
    <section class="panel"><${QueueTable} queues=${queues} /></section>
    <section class="panel">
      ${
        running.length === 0
          ? html`<h2>Running jobs</h2>
              <p class="empty">None.</p>`
          : html`<${Running} jobs=${running} />`
      }
    </section>
    <section class="panel">
      ${
        failures.length === 0
          ? html`<h2>Failures</h2>
              <p class="empty">None is retained.</p>`
          : html`<${Failures} jobs=${failures} />`
      }
    </section>`;
}

function Running({ jobs }: { jobs: readonly (Queue['running'][number] & { queue: string })[] }): VNode {
  return html`<${Table} caption="Running jobs" columns=${['queue', 'job', 'session', 'since (UTC)']}>
    ${jobs.map(
      (job) =>
        html`<tr key=${`${job.queue} ${job.id}`}>
          <td>${job.queue}</td>
          <td>${job.id}</td>
          <td><${SessionLink} id=${job.session} /></td>
          <td>${minuteText(job.since)}</td>
        </tr>`,
    )}
  <//>`;
}

function Failures({ jobs }: { jobs: readonly (Queue['failures'][number] & { queue: string })[] }): VNode {
  return html`<${Table} caption="Failures" columns=${['queue', 'job', 'session', 'at (UTC)', 'message']}>
    ${jobs.map(
      (job) =>
        html`<tr key=${`${job.queue} ${job.id}`}>
          <td>${job.queue}</td>
          <td>${job.id}</td>
          <td><${SessionLink} id=${job.session} /></td>
          <td>${minuteText(job.at)}</td>
          <td class="error-text">${job.message}</td>
        </tr>`,
    )}
  <//>`;
}

function SessionLink({ id }: { id: string | null }): VNode | string {
  return id === null ? '–' : html`<a href=${sessionHref(id)}>${id}</a>`;
}
