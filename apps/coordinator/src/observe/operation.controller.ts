/**
 * What operators and their programs look at. `/health/live`: the process runs. `/health/ready`: Postgres and both Redis take
 * writes, so the process can serve. `/metrics`: what Prometheus scrapes.
 */
import { probeServers, downServers } from '@barkeep/observe';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Operation } from '../openapi/index.js';
import { ProblemError } from '../problems.js';
import { SURROUNDINGS, type Surroundings } from '../runtime.js';

const checks = { postgres: 'up', 'queue-redis': 'up', 'session-redis': 'up' };

@ApiTags('operation')
@Controller()
export class OperationController {
  constructor(@Inject(SURROUNDINGS) private readonly surroundings: Surroundings) {}

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
    const { connections, config } = this.surroundings;
    const found = await probeServers(connections, config);
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
    const { registry } = this.surroundings.metrics;
    const text = await registry.metrics();
    response.setHeader('Content-Type', registry.contentType);
    response.end(text);
  }
}
