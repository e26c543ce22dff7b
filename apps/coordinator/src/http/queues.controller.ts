/** `/v1/queues`: the queues as an operator sees them. */
import { isoTime, noQuery, queuesExample, type QueuesAnswer } from '@barkeep/api';
import { readQueueStatus, type QueueStatus } from '@barkeep/upkeep-queues';
import { Get, Inject } from '@nestjs/common';
import { ApiController, Operation } from '../openapi/index.js';
import { SURROUNDINGS, type Surroundings } from '../runtime.js';

/** Callers within this time share one read, ms: a dashboard may be open in many browsers. */
const SHARED_MS = 500;

@ApiController('v1/queues', 'operation')
export class QueuesController {
  private last: { at: number; answer: Promise<QueuesAnswer> } | undefined;

  constructor(@Inject(SURROUNDINGS) private readonly surroundings: Surroundings) {}

  @Get()
  @Operation({
    summary: 'The queues: depths, running jobs, failures and the time to repair; needs an admin key',
    query: noQuery,
    answers: [{ status: 200, description: 'all queues', component: 'Queues', example: queuesExample }],
    problems: ['forbidden', 'unavailable'],
  })
  listQueues(): Promise<QueuesAnswer> {
    const now = Date.now();
    if (!this.last || Math.abs(now - this.last.at) >= SHARED_MS) this.last = { at: now, answer: this.read(now) };
    return this.last.answer;
  }

  private async read(now: number): Promise<QueuesAnswer> {
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
