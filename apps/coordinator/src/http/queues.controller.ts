/** `/v1/queues`: the queues as an operator sees them. */
import { isoTime, queuesExample, type QueuesAnswer } from '@barkeep/api';
import { readQueueStatus, type QueueStatus } from '@barkeep/upkeep-queues';
import { Inject } from '@nestjs/common';
import { ApiController, Operation } from '../openapi/index.js';
import { SURROUNDINGS, type Surroundings } from '../runtime.js';

/** Callers within this time share one read, ms: a dashboard may be open in many browsers. */
const SHARED_MS = 500;

@ApiController('operation')
export class QueuesController {
  private last: { at: number; answer: Promise<QueuesAnswer> } | undefined;

  constructor(@Inject(SURROUNDINGS) private readonly surroundings: Surroundings) {}

  @Operation('GET', 'v1/queues', {
    summary: 'The queues: depths, running jobs, failures and the time to repair; needs an admin key',
    answer: { description: 'all queues', component: 'Queues', example: queuesExample },
    problems: ['forbidden', 'unavailable'],
  })
  listQueues() {
    const now = Date.now();
    if (!this.last || Math.abs(now - this.last.at) >= SHARED_MS) this.last = { at: now, answer: this.read(now) };
    return this.last.answer;
  }

  private async read(now: number) {
    return { queues: (await readQueueStatus(this.surroundings.connections.queues, now)).map(queueView) };
  }
}

function queueView({ running, failures, ...status }: QueueStatus): QueuesAnswer['queues'][number] {
  return {
    ...status,
    running: running.map(({ since, ...job }) => ({ ...job, since: isoTime(since) })),
    failures: failures.map(({ at, ...job }) => ({ ...job, at: isoTime(at) })),
  };
}
