/** `/health/live`: the process runs. `/health/ready`: Postgres and both Redis take writes, so the process can serve. */
import { probeServers, downServers } from '@barkeep/observe';
import type { Config } from '@barkeep/service';
import { Controller, Get, Inject } from '@nestjs/common';
import { ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import { Operation } from '../openapi/index.js';
import { ProblemError } from '../problems/index.js';
import { CONFIG, QUEUE_REDIS, SESSION_REDIS } from '../runtime.js';

const exampleChecks = { postgres: 'up', 'queue-redis': 'up', 'session-redis': 'up' };

@ApiTags('operation')
@Controller('health')
export class HealthController {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(QUEUE_REDIS) private readonly queueRedis: Redis,
    @Inject(SESSION_REDIS) private readonly sessionRedis: Redis,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get('live')
  @Operation({
    summary: 'Answers as long as the process runs; needs no key',
    isPublic: true,
    answers: [{ status: 200, description: 'alive', component: 'Live', example: { status: 'live' } }],
  })
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  @Get('ready')
  @ApiSecurity('bearer')
  @ApiSecurity('apiKey')
  @Operation({
    summary: 'Whether Postgres and both Redis answer',
    answers: [
      {
        status: 200,
        description: 'all answer',
        component: 'Ready',
        example: { status: 'ready', checks: exampleChecks },
      },
    ],
    problems: ['not-ready'],
  })
  async ready(): Promise<{ status: 'ready'; checks: Record<string, string> }> {
    const { dataSource, queueRedis, sessionRedis } = this;
    const checks = await probeServers({ dataSource, queueRedis, sessionRedis }, this.config);
    const down = downServers(checks);
    if (down) throw new ProblemError('not-ready', down, { checks });
    return { status: 'ready', checks };
  }
}
