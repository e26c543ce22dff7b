/** `POST /v1/sessions/{id}/symbols/{symbol}/bars` and `…/end`: feeds the bars of a session whose source is a feed. */
import * as api from '@barkeep/api';
import { isOutsideReason } from '@barkeep/session-data';
import { Inject } from '@nestjs/common';
import { ApiController, type Call, Called, Operation, PROBLEMS } from '../openapi/index.js';
import { withoutDeadline } from '../access/index.js';
import { NDJSON, readFedBody } from './fed-body.js';
import { type RowMetrics, rowMetrics } from '../figures/index.js';
import { SessionService } from '../lifecycle/index.js';
import { APP_CONTEXT, type AppContext } from '../runtime.js';

const params = { id: 'live-spy', symbol: 'SPY' };
const endExample: api.FeedEndAnswer = { ...params, ended: true };
const feedProblems = ['not-a-feed', ...PROBLEMS.reading, 'unknown-symbol', 'fed-bars-lost'] as const;

@ApiController('data')
export class FeedController {
  private readonly rows: RowMetrics;

  constructor(
    @Inject(SessionService) private readonly sessions: SessionService,
    @Inject(APP_CONTEXT) { metrics }: AppContext,
  ) {
    this.rows = rowMetrics(metrics);
  }

  @Operation('POST', 'v1/sessions/:id/symbols/:symbol/bars', {
    summary: 'Feeds bars of a symbol',
    description:
      `A JSON array of bars, or ${NDJSON} with one bar per line and of any length: the coordinator reads it as fast as it can store it. ` +
      'Each bar has openTime (or time), open, high, low, close and volume; other fields are ignored. Bars may come in any order, ' +
      'from any number of processes, through any coordinator, and repeatedly: an equal bar is a duplicate; another bar in a filled ' +
      'slot is a conflict, which is quarantined. A bar that cannot be stored is counted by its reason and does not stop the others. ' +
      'Bars before a broken connection are stored. Pass `stored` of the last answer as `seen`: if the session Redis has lost bars since, ' +
      'the call is refused with fed-bars-lost, and the bars must be sent again. The call waits for a session that was just started.',
    params,
    query: api.feedQuery,
    body: {
      list: true,
      component: 'FedBar',
      example: [
        { openTime: '2013-10-07T13:30:00Z', open: 167.41, high: 167.49, low: 167.32, close: 167.4, volume: 8_100 },
      ],
      mediaTypes: ['application/json', NDJSON],
    },
    answer: { description: 'the number of bars by outcome', component: 'Fed', example: api.fedExample },
    problems: [...PROBLEMS.body, 'bad-request', ...feedProblems, 'body-too-large'],
  })
  async feedBars(@Called() call: Call<typeof api.feedQuery>): Promise<api.FedAnswer> {
    const { id, symbol, body, request, response } = call;
    const { through, seen } = call.query;
    const intake = await this.sessions.feed(id, symbol, seen);
    if (request.is(NDJSON)) withoutDeadline(response); // a body of any length may take hours
    try {
      await readFedBody(request, body, (records) => intake.take(records));
    } finally {
      this.count(intake.fed); // also when the body broke off: the records before that were taken
    }
    if (through !== undefined) await intake.through(through);
    // The call had no bars, so `seen` was not compared with the store yet: an empty batch does that.
    else if (seen !== undefined && intake.fed.stored === undefined) await intake.take([]);
    return intake.fed;
  }

  @Operation('POST', 'v1/sessions/:id/symbols/:symbol/end', {
    summary: 'No more bars will come for a symbol',
    description:
      'Its stream no longer holds the clock; when all streams have ended, the session runs to its end. Safe to repeat. ' +
      'Later bars are still stored.',
    params,
    query: api.feedEndQuery,
    answer: { description: 'its stream has ended', component: 'FeedEnd', example: endExample },
    problems: feedProblems,
  })
  async endFeed(@Called() { id, symbol, query }: Call<typeof api.feedEndQuery>): Promise<api.FeedEndAnswer> {
    await (await this.sessions.feed(id, symbol, query.seen)).end();
    return { id, symbol, ended: true };
  }

  /** Counts the bars that were not stored: those without a slot, and the other refused ones. */
  private count({ refused }: api.FedAnswer): void {
    for (const [reason, bars] of Object.entries(refused)) {
      if (isOutsideReason(reason)) this.rows.outside(bars);
      else this.rows.refused(bars);
    }
  }
}
