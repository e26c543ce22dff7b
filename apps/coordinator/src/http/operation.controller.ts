/**
 * The routes for operators and their programs. `/health/live`: whether the process runs. `/health/ready`: whether Postgres and both
 * Redis answer a write. `/metrics`: the metrics for Prometheus. `/v1/queues`: the jobs of the queues.
 */
import { isoTime, queuesExample, type QueuesAnswer } from '@barkeep/api';
import { downServers, probeServers, sharedFor } from '@barkeep/observe';
import { readQueueStatus, type QueueStatus } from '@barkeep/upkeep-queues';
import { Controller, Inject, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { ApiController, Operation } from '../openapi/index.js';
import { ProblemError } from '../problems.js';
import { APP_CONTEXT, type AppContext } from '../runtime.js';

const checksExample = { postgres: 'up', 'queue-redis': 'up', 'session-redis': 'up' };

/** The routes outside of `/v1`: health and metrics. */
@ApiTags('operation')
@Controller()
export class OperationController {
  constructor(@Inject(APP_CONTEXT) private readonly context: AppContext) {}

  @Operation('GET', 'health/live', {
    summary: 'Answers as long as the process runs; needs no key',
    isPublic: true,
    answer: { description: 'alive', component: 'Live', example: { status: 'live' } },
  })
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  @Operation('GET', 'health/ready', {
    summary: 'Whether Postgres and both Redis answer',
    answer: { description: 'all answer', component: 'Ready', example: { status: 'ready', checks: checksExample } },
    problems: ['not-ready'],
  })
  async ready(): Promise<{ status: 'ready'; checks: Record<string, string> }> {
    const { connections, config } = this.context;
    const states = await probeServers(connections, config);
    const downText = downServers(states); // such as `not answering: postgres`
    if (downText) throw new ProblemError('not-ready', downText, { checks: states });
    return { status: 'ready', checks: states };
  }

  @Operation('GET', 'metrics', {
    summary: 'Metrics of this process in the Prometheus text format, for operators',
    problems: ['forbidden'],
    answer: {
      description: 'the metrics',
      schema: { type: 'string' },
      mediaType: 'text/plain',
      example: 'barkeep_http_request_seconds_count{method="GET",route="/v1/sessions/:id",status="200"} 12',
    },
  })
  async scrape(@Res() response: Response): Promise<void> {
    const { registry } = this.context.metrics;
    const text = await registry.metrics();
    response.setHeader('Content-Type', registry.contentType);
    response.end(text);
  }
}

/** Calls within this time share one read, ms: a dashboard may be open in many browsers. */
const SHARED_MS = 500;

/** The route `/v1/queues`. */
@ApiController('operation')
export class QueuesController {
  private readonly read: () => Promise<QueuesAnswer>;

  constructor(@Inject(APP_CONTEXT) { connections }: AppContext) {
    this.read = sharedFor(SHARED_MS, async () => ({
      queues: (await readQueueStatus(connections.queues, Date.now())).map(queueView),
    }));
  }

  @Operation('GET', 'v1/queues', {
    summary: 'The queues: depths, running jobs, failures and the time to repair; needs an admin key',
    answer: { description: 'all queues', component: 'Queues', example: queuesExample },
    problems: ['forbidden'],
  })
  listQueues() {
    return this.read();
  }
}

function queueView({ running, failures, ...status }: QueueStatus): QueuesAnswer['queues'][number] {
  return {
    ...status,
    running: running.map(({ since, ...job }) => ({ ...job, since: isoTime(since) })),
    failures: failures.map(({ at, ...job }) => ({ ...job, at: isoTime(at) })),
  };
}
