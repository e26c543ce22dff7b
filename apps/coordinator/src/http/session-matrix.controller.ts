/** `/v1/sessions/{id}/…`: the data of a whole session at a glance. */
import * as api from '@barkeep/api';
import { Get, Inject, Res } from '@nestjs/common';
import type { Response } from 'express';
import { withoutDeadline } from '../access/index.js';
import { SessionService } from '../lifecycle/index.js';
import { ApiController, CheckedQuery, Operation, READING, SessionId } from '../openapi/index.js';
import { daysView, differenceView, layoutView } from './views.js';

const params = { id: 'first-run' };

@ApiController('v1/sessions/:id', 'data')
export class SessionMatrixController {
  constructor(@Inject(SessionService) private readonly sessions: SessionService) {}

  @Get('days')
  @Operation({
    summary: 'The counts of each symbol on each trading day, a page of symbols',
    description:
      'Of the retained days of the session, without its history. The day that the clock is in is counted up to the clock, in the view ' +
      'of an operator up to the frontier.',
    params,
    query: api.daysQuery,
    answers: [{ status: 200, description: 'a page', component: 'Days', example: api.daysExample }],
    problems: ['invalid-input', 'unknown-symbol', ...READING],
  })
  async readDays(@SessionId() id: string, @CheckedQuery() query: api.DaysQuery): Promise<api.DaysAnswer> {
    return daysView(await this.sessions.dayCounts(id, query));
  }

  @Get('layout')
  @Operation({
    summary: 'Where the data of a session is in the session Redis, for clients in any language',
    description:
      'Days, intervals, partitions of symbols and names of keys. The bytes are described in docs/storage-layout.md.',
    params,
    query: api.noQuery,
    answers: [{ status: 200, description: 'the layout', component: 'Layout', example: api.layoutExample }],
    problems: READING,
  })
  async readLayout(@SessionId() id: string): Promise<api.LayoutAnswer> {
    const data = await this.sessions.open(id);
    await data.refresh();
    return layoutView(data.layout, new Set(data.activeSymbols()));
  }

  @Get('difference')
  @Operation({
    summary: 'The first base bar in which two sessions differ',
    description:
      'Compares the whole days that both sessions have and both clocks have closed, for the symbols that both have. Equal bars have the same ' +
      'prices, volume and origin. It reads all bars up to the first difference, and may take longer than other calls.',
    params,
    query: api.differenceQuery,
    answers: [{ status: 200, description: 'the comparison', component: 'Difference', example: api.differenceExample }],
    problems: ['invalid-input', ...READING],
  })
  async readDifference(
    @SessionId() id: string,
    @CheckedQuery() query: api.DifferenceQuery,
    @Res({ passthrough: true }) response: Response,
  ): Promise<api.DifferenceAnswer> {
    withoutDeadline(response);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    return differenceView(await this.sessions.difference(id, query.with, gone.signal));
  }
}
