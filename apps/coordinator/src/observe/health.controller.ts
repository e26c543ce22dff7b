/** `/health/live`: the process runs. `/health/ready`: Postgres and both Redis take writes, so the process can serve. */
import { Controller, Get, HttpException, Inject } from '@nestjs/common';
import { ApiSecurity, ApiTags } from '@nestjs/swagger';
import { HealthCheckService } from '@nestjs/terminus';
import { HealthChecks } from './health-checks.js';
import { Operation } from '../openapi/index.js';
import { ProblemError } from '../problems/index.js';

const checks = { postgres: 'up', 'queue-redis': 'up', 'session-redis': 'up' };

@ApiTags('operation')
@Controller('health')
export class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(HealthChecks) private readonly indicators: HealthChecks,
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
    answers: [{ status: 200, description: 'all answer', component: 'Ready', example: { status: 'ready', checks } }],
    problems: ['not-ready'],
  })
  async ready(): Promise<{ status: 'ready'; checks: Record<string, string> }> {
    const states: Record<string, string> = {};
    try {
      const { details } = await this.health.check(this.indicators.all());
      for (const [name, { status }] of Object.entries(details)) states[name] = status;
    } catch (error) {
      for (const [name, status] of failedChecks(error)) states[name] = status;
      const away = Object.keys(states).filter((name) => states[name] !== 'up');
      throw new ProblemError('not-ready', `not answering: ${away.join(', ')}`, { checks: states });
    }
    return { status: 'ready', checks: states };
  }
}

/** Names and states from the exception of terminus. */
function failedChecks(error: unknown): [string, string][] {
  if (!(error instanceof HttpException)) throw error;
  const body = error.getResponse();
  const details: unknown = typeof body === 'object' && 'details' in body ? body.details : undefined;
  if (typeof details !== 'object' || details === null) throw error;
  return Object.entries(details).map(([name, state]: [string, { status?: unknown }]) => [
    name,
    state.status === 'up' ? 'up' : 'down',
  ]);
}
