/**
 * What operators and their programs look at. `/health/live`: the process runs. `/health/ready`: Postgres and both Redis take
 * writes, so the process can serve. `/metrics`: what Prometheus scrapes.
 */
import { probeServers, downServers, Metrics } from '@barkeep/observe';
import type { Config } from '@barkeep/service';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import { Operation } from '../openapi/index.js';
import { ProblemError } from '../problems.js';
import { CONFIG, QUEUE_REDIS, SESSION_REDIS } from '../runtime.js';

const checks = { postgres: 'up', 'queue-redis': 'up', 'session-redis': 'up' };

@ApiTags('operation')
@Controller()
export class OperationController {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(QUEUE_REDIS) private readonly queueRedis: Redis,
    @Inject(SESSION_REDIS) private readonly sessionRedis: Redis,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  @Get('health/live')
  @Operation({
    summary: 'Answers as long as the process runs; needs no key',
    isPublic: true,
    answers: [{ status: 200, description: 'alive', component: 'Live', example: { status: 'live' } }],
  })
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  @Get('health/ready')
  @ApiSecurity('bearer')
  @ApiSecurity('apiKey')
  @Operation({
    summary: 'Whether Postgres and both Redis answer',
    answers: [{ status: 200, description: 'all answer', component: 'Ready', example: { status: 'ready', checks } }],
    problems: ['not-ready'],
  })
  async ready(): Promise<{ status: 'ready'; checks: Record<string, string> }> {
    const { dataSource, queueRedis, sessionRedis } = this;
    const found = await probeServers({ dataSource, queueRedis, sessionRedis }, this.config);
    const down = downServers(found);
    if (down) throw new ProblemError('not-ready', down, { checks: found });
    return { status: 'ready', checks: found };
  }

  @Get('metrics')
  @ApiSecurity('bearer')
  @ApiSecurity('apiKey')
  @Operation({
    summary: 'Metrics of this process in the Prometheus text format, for operators',
    problems: ['forbidden'],
    answers: [
      {
        status: 200,
        description: 'the metrics',
        schema: { type: 'string' },
        mediaType: 'text/plain',
        example: 'barkeep_http_request_seconds_count{method="GET",route="/v1/sessions/:id",status="200"} 12',
      },
    ],
  })
  async scrape(@Res() response: Response): Promise<void> {
    const text = await this.metrics.registry.metrics();
    response.setHeader('Content-Type', this.metrics.registry.contentType);
    response.end(text);
  }
}
