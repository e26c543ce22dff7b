/** `/v1/sessions/{id}/symbols/{symbol}/bars · end`: feeding the bars of a session whose source is a feed. */
import { Body, Controller, Inject, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import {
  CheckedQuery,
  fedExample,
  type FedView,
  type FeedEndView,
  feedQuery,
  type FeedQuery,
  Operation,
  QueryGuard,
  SessionIdPipe,
  SymbolPipe,
} from '../openapi/index.js';
import { withoutDeadline } from '../access/index.js';
import { NDJSON, takeBody } from './fed-body.js';
import { SessionLifecycle } from '../lifecycle/index.js';

const params = { id: 'live-spy', symbol: 'SPY' };
const endExample: FeedEndView = { ...params, ended: true };
const feeding = [
  'unknown-session',
  'unknown-symbol',
  'not-a-feed',
  'wrong-state',
  'session-lost',
  'unknown-calendar',
  'unavailable',
] as const;

@ApiTags('data')
@ApiSecurity('bearer')
@ApiSecurity('apiKey')
@UseGuards(QueryGuard)
@Controller('v1/sessions/:id/symbols/:symbol')
export class FeedController {
  constructor(@Inject(SessionLifecycle) private readonly sessions: SessionLifecycle) {}

  @Post('bars')
  @Operation({
    summary: 'Feeds bars of a symbol',
    description:
      `A JSON array of bars, or ${NDJSON} with one a line and of any length: it is read as fast as the store takes it. Each bar has ` +
      'openTime (or time), open, high, low, close and volume; other fields are left alone. Bars may come in any order, from any ' +
      'number of processes, through any coordinator, and again: an equal bar is a duplicate, another one in a filled slot a conflict, ' +
      'which is quarantined. A bar that cannot be stored is counted by its reason and never stops the others. What came before a ' +
      'connection was cut is stored. A session that was just started is waited for.',
    params,
    query: feedQuery,
    body: {
      list: true,
      component: 'FedBar',
      example: [
        { openTime: '2013-10-07T13:30:00Z', open: 167.41, high: 167.49, low: 167.32, close: 167.4, volume: 8_100 },
      ],
      mediaTypes: ['application/json', NDJSON],
    },
    answers: [{ status: 200, description: 'what became of the bars', component: 'Fed', example: fedExample }],
    problems: [
      'invalid-input',
      'malformed-json',
      'bad-request',
      ...feeding,
      'body-too-large',
      'unsupported-media-type',
    ],
  })
  async feed(
    @Param('id', SessionIdPipe) id: string,
    @Param('symbol', SymbolPipe) symbol: string,
    @CheckedQuery() { through }: FeedQuery,
    @Body() body: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<FedView> {
    const intake = await this.sessions.feed(id, symbol);
    if (request.is(NDJSON)) withoutDeadline(response);
    await takeBody(request, body, (records) => intake.take(records));
    if (through !== undefined) await intake.through(through);
    return intake.fed;
  }

  @Post('end')
  @Operation({
    summary: 'No more bars will come for a symbol',
    description:
      'Its stream does not hold the clock any more; when all have ended the session goes on to its end. Safe to repeat. ' +
      'Bars that come all the same are stored.',
    params,
    answers: [{ status: 200, description: 'its stream has ended', component: 'FeedEnd', example: endExample }],
    problems: feeding,
  })
  async end(@Param('id', SessionIdPipe) id: string, @Param('symbol', SymbolPipe) symbol: string): Promise<FeedEndView> {
    await (await this.sessions.feed(id, symbol)).end();
    return { id, symbol, ended: true };
  }
}
