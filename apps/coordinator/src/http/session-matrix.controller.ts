/** `/v1/sessions/{id}/…`: the data of a whole session at a glance. */
import { daysExample, daysQuery, type DaysAnswer, type DaysQuery } from '@barkeep/api';
import { Controller, Get, Inject, Param, UseGuards } from '@nestjs/common';
import { ApiSecurity, ApiTags } from '@nestjs/swagger';
import { SessionLifecycle } from '../lifecycle/index.js';
import { CheckedQuery, Operation, QueryGuard, SessionIdPipe } from '../openapi/index.js';
import { daysView } from './views.js';

const params = { id: 'first-run' };
const reading = ['unknown-session', 'wrong-state', 'session-lost', 'unknown-calendar', 'unavailable'] as const;

@ApiTags('data')
@ApiSecurity('bearer')
@ApiSecurity('apiKey')
@UseGuards(QueryGuard)
@Controller('v1/sessions/:id')
export class SessionMatrixController {
  constructor(@Inject(SessionLifecycle) private readonly sessions: SessionLifecycle) {}

  @Get('days')
  @Operation({
    summary: 'The counts of each symbol on each trading day, a page of symbols',
    description:
      'Of the retained days of the session, without its history. The day that the clock is in is counted up to the clock, in the view ' +
      'of an operator up to the frontier.',
    params,
    query: daysQuery,
    answers: [{ status: 200, description: 'a page', component: 'Days', example: daysExample }],
    problems: ['invalid-input', 'unknown-symbol', ...reading],
  })
  async readDays(@Param('id', SessionIdPipe) id: string, @CheckedQuery() query: DaysQuery): Promise<DaysAnswer> {
    return daysView(await this.sessions.dayCounts(id, query));
  }
}
