/** The upkeep queues: age of the oldest job, depth, running and failed jobs, time to repair. */
import type { QueuesAnswer } from '@barkeep/api';
import { call } from '../data/index.js';
import { durationText, numberText } from '../model/index.js';
import { Failure, html, useResource } from '../shell/index.js';
import type { VNode } from 'preact';
import { Table } from './tables.js';

const COLUMNS = ['queue', '#oldest waiting', '#waiting', '#running', '#delayed', '#failed', '#repair p50 / p99'];

/** @param version another number reads again */
export function QueuePanel({ version }: { version: number }): VNode {
  const { value, error, reload } = useResource('queues', () => call<QueuesAnswer>('/v1/queues'), version);
  if (error)
    return html`<section class="panel">
      <h2>Upkeep</h2>
      <${Failure} error=${error} retry=${reload} />
    </section>`;
  return html`<${QueueTable} queues=${value?.queues ?? []} />`;
}

export function QueueTable({ queues }: { queues: QueuesAnswer['queues'] }): VNode {
  const rows = queues.map(({ name, oldestWaitingMs, waiting, active, delayed, failed, repairMs }) => {
    const oldest = oldestWaitingMs === null ? '–' : durationText(oldestWaitingMs);
    return [
      name,
      name,
      (oldestWaitingMs ?? 0) > 10_000 ? html`<span class="late">${oldest}</span>` : oldest,
      ...[waiting, active, delayed, failed].map(numberText),
      repairMs === null ? '–' : `${durationText(repairMs.p50)} / ${durationText(repairMs.p99)}`,
    ];
  });
  return html`<${Table} caption="Upkeep" columns=${COLUMNS} rows=${rows} />`;
}
