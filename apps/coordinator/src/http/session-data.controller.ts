/** `/v1/sessions/{id}/…`: reads the data of a session. Bars end at its clock; an operator gets counts, gaps and digests beyond it. */
import * as api from '@barkeep/api';
import { Inject } from '@nestjs/common';
import { ApiController, type Call, Called, componentRef, Operation, PROBLEMS } from '../openapi/index.js';
import { withoutDeadline } from '../access/index.js';
import { ProblemError } from '../problems.js';
import { SessionService } from '../lifecycle/index.js';
import { barView, daysView, differenceView, gapView, layoutView, metricsView } from './views.js';

/** Part of the descriptions of the routes that read bars. */
const FORMING =
  'A derived bar that contains the clock is shown as far as it is formed: complete is false, closeTime that of its last closed minute.';
const symbolProblems = [...PROBLEMS.reading, 'unknown-symbol'] as const;

@ApiController('data')
export class SessionDataController {
  constructor(@Inject(SessionService) private readonly sessions: SessionService) {}

  @Operation('GET', 'v1/sessions/:id/symbols/:symbol/bars', {
    summary: 'Bars of a symbol, oldest first',
    description: `At most ${api.BARS_MAX} bars. When a range has more, the Link header (rel="next") names the rest. ${FORMING}`,
    query: api.barsQuery,
    answer: { description: 'the visible bars', component: 'Bar', list: true, example: [api.barExample] },
    problems: symbolProblems,
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
    problems: ['no-bar', ...symbolProblems],
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
    problems: symbolProblems,
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
    problems: symbolProblems,
  })
  async metrics(@Called() { id, symbol, query }: Call<typeof api.metricsQuery>) {
    return metricsView(await (await this.sessions.open(id)).metrics(symbol, query.view, query.date));
  }

  @Operation('GET', 'v1/sessions/:id/symbols/:symbol/gaps', {
    summary: 'Gaps of a symbol before the clock, oldest first; in the view of an operator before the frontier',
    query: api.viewQuery,
    answer: { description: 'the gaps', component: 'Gap', list: true, example: [api.gapExample] },
    problems: symbolProblems,
  })
  async gaps(@Called() { id, symbol, query }: Call<typeof api.viewQuery>) {
    return (await (await this.sessions.open(id)).gaps(symbol, query.view)).map(gapView);
  }

  @Operation('GET', 'v1/sessions/:id/digest', {
    summary:
      'SHA-256 over the bars of the days that the clock has closed, and their counts; for an operator over all stored bars',
    query: api.viewQuery,
    answer: { description: 'the digest', component: 'Digest', example: api.digestExample },
    problems: PROBLEMS.reading,
  })
  async digest(@Called() { id, query }: Call<typeof api.viewQuery>): Promise<api.DigestAnswer> {
    return (await this.sessions.open(id)).digest(query.view);
  }

  @Operation('GET', 'v1/sessions/:id/certificate', {
    summary: 'A digest of each trading day of a session, chained',
    description:
      'Covers the days that the clock and upkeep have passed. Two sessions over the same data have the same digests. Their ids, the ' +
      'order of their symbols and the machines do not matter.',
    answer: { description: 'the certificate', component: 'Certificate', example: api.certificateExample },
    problems: PROBLEMS.reading,
  })
  certificate(@Called() { id }: Call) {
    return this.sessions.certificate(id);
  }

  @Operation('GET', 'v1/sessions/:id/days', {
    summary: 'The counts of each symbol on each trading day, a page of symbols',
    description:
      'Of the retained days of the session, without its history. The day that the clock is in is counted up to the clock, in the view ' +
      'of an operator up to the frontier.',
    query: api.daysQuery,
    answer: { description: 'a page', component: 'Days', example: api.daysExample },
    problems: symbolProblems,
  })
  async readDays(@Called() { id, query }: Call<typeof api.daysQuery>) {
    return daysView(await this.sessions.dayCounts(id, query));
  }

  @Operation('GET', 'v1/sessions/:id/layout', {
    summary: 'Where the data of a session is in the session Redis, for clients in any language',
    description:
      'Days, intervals, partitions of symbols and names of keys. The bytes are described in docs/storage-layout.md.',
    answer: { description: 'the layout', component: 'Layout', example: api.layoutExample },
    problems: PROBLEMS.reading,
  })
  async readLayout(@Called() { id }: Call) {
    const data = await this.sessions.open(id);
    await data.refresh();
    return layoutView(data.layout, new Set(data.activeSymbols()));
  }

  @Operation('GET', 'v1/sessions/:id/difference', {
    summary: 'The first base bar in which two sessions differ',
    description:
      'Compares the whole days that both sessions have and both clocks have closed, for the symbols that both have. Equal bars have the same ' +
      'prices, volume and origin. It reads all bars up to the first difference, and may take longer than other calls.',
    query: api.differenceQuery,
    answer: { description: 'the comparison', component: 'Difference', example: api.differenceExample },
    problems: PROBLEMS.reading,
  })
  async readDifference(@Called() { id, query, response }: Call<typeof api.differenceQuery>) {
    withoutDeadline(response); // a comparison reads all bars up to the first difference
    const disconnected = new AbortController();
    response.once('close', () => disconnected.abort());
    return differenceView(await this.sessions.difference(id, query.with, disconnected.signal));
  }
}

/** The Link header of a page: the same request for the bars from `from` (epoch ms) on. */
function nextLink(originalUrl: string, from: number): string {
  const url = new URL(originalUrl, 'http://localhost'); // the base is only needed to parse: it is not in the link
  url.searchParams.set('from', api.isoTime(from));
  return `<${url.pathname}${url.search}>; rel="next"`;
}
