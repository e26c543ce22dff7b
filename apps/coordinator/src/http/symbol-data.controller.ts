/** `/v1/sessions/{id}/symbols/{symbol}/…` and `…/latest`: bars, metrics and gaps up to the clock; metrics and gaps also up to the frontier, for operators. */
import * as api from '@barkeep/api';
import { Inject } from '@nestjs/common';
import { ApiController, type Call, Called, componentRef, Operation, PROBLEMS } from '../openapi/index.js';
import { ProblemError } from '../problems.js';
import { SessionService } from '../lifecycle/index.js';
import { barView, gapView, metricsView } from './views.js';

/** Part of the descriptions of the routes that read bars. */
const FORMING =
  'A derived bar that contains the clock is shown as far as it is formed: complete is false, closeTime that of its last closed minute.';
const problems = [...PROBLEMS.reading, 'unknown-symbol'] as const;

@ApiController('data')
export class SymbolDataController {
  constructor(@Inject(SessionService) private readonly sessions: SessionService) {}

  @Operation('GET', 'v1/sessions/:id/symbols/:symbol/bars', {
    summary: 'Bars of a symbol, oldest first',
    description: `At most ${api.BARS_MAX} bars. When a range has more, the Link header (rel="next") names the rest. ${FORMING}`,
    query: api.barsQuery,
    answer: { description: 'the visible bars', component: 'Bar', list: true, example: [api.barExample] },
    problems,
  })
  async bars(@Called() { id, symbol, query, request, response }: Call<typeof api.barsQuery>) {
    const data = await this.sessions.open(id);
    const { interval, fill } = query;
    if ('last' in query) return (await data.lastBars(symbol, interval, query.last, { fill })).map(barView);
    const bars = await data.barsBetween(symbol, interval, query.from, query.to, api.BARS_MAX, { fill });
    const last = bars.at(-1);
    // A full answer may be followed by more bars: they open at or after the close of the last one.
    const mayHaveMore = last !== undefined && bars.length === api.BARS_MAX && last.closeTime < query.to;
    if (mayHaveMore) response.setHeader('Link', nextLink(request.originalUrl, last.closeTime));
    return bars.map(barView);
  }

  @Operation('GET', 'v1/sessions/:id/symbols/:symbol/bars/latest', {
    summary: 'The newest visible bar of a symbol',
    description: FORMING,
    query: api.intervalQuery,
    answer: { description: 'the bar', component: 'Bar', example: api.barExample },
    problems: ['no-bar', ...problems],
  })
  async latestBar(@Called() { id, symbol, query }: Call<typeof api.intervalQuery>) {
    const { interval, fill } = query;
    const bar = await (await this.sessions.open(id)).latestBar(symbol, interval, { fill });
    if (!bar) throw new ProblemError('no-bar', `no bar of ${symbol} has closed by the clock of session ${id}`);
    return barView(bar);
  }

  @Operation('GET', 'v1/sessions/:id/latest', {
    summary: 'The newest visible bar of many symbols',
    description: FORMING,
    query: api.symbolsQuery,
    answer: {
      description: 'symbol to bar; null where none is visible',
      schema: { type: 'object', additionalProperties: { oneOf: [componentRef('Bar'), { type: 'null' }] } },
      example: { SPY: api.barExample, IBM: null },
    },
    problems,
  })
  async latest(@Called() { id, query }: Call<typeof api.symbolsQuery>) {
    const { symbols, interval, fill } = query;
    const bars = await (await this.sessions.open(id)).latestBars(symbols, interval, { fill });
    const views = new Map([...bars].map(([symbol, bar]) => [symbol, barView(bar)]));
    return Object.fromEntries(symbols.map((symbol) => [symbol, views.get(symbol) ?? null]));
  }

  @Operation('GET', 'v1/sessions/:id/symbols/:symbol/metrics', {
    summary: 'Quality of the data of a symbol, and the counts under it',
    description:
      'Session figures are of the trading day that the clock is in, run figures of all days. With date, counts, gaps and session figures are of that day.',
    query: api.metricsQuery,
    answer: { description: 'the metrics', component: 'Metrics', example: api.metricsExample },
    problems,
  })
  async metrics(@Called() { id, symbol, query }: Call<typeof api.metricsQuery>) {
    return metricsView(await (await this.sessions.open(id)).metrics(symbol, query.view, query.date));
  }

  @Operation('GET', 'v1/sessions/:id/symbols/:symbol/gaps', {
    summary: 'Gaps of a symbol before the clock, oldest first; in the view of an operator before the frontier',
    query: api.viewQuery,
    answer: { description: 'the gaps', component: 'Gap', list: true, example: [api.gapExample] },
    problems,
  })
  async gaps(@Called() { id, symbol, query }: Call<typeof api.viewQuery>) {
    return (await (await this.sessions.open(id)).gaps(symbol, query.view)).map(gapView);
  }
}

/** The Link header of a page: the same request for the bars from `from` (epoch ms) on. */
function nextLink(originalUrl: string, from: number): string {
  const url = new URL(originalUrl, 'http://localhost'); // the base is only needed to parse: it is not in the link
  url.searchParams.set('from', api.isoTime(from));
  return `<${url.pathname}${url.search}>; rel="next"`;
}
