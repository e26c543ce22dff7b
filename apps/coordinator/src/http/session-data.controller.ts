/** `/v1/sessions/{id}/…`: reading the data of a session, never past its clock. */
import * as api from '@barkeep/api';
import { Get, Inject, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import {
  ApiController,
  CheckedQuery,
  componentRef,
  Operation,
  READING,
  SessionId,
  SymbolName,
} from '../openapi/index.js';
import { ProblemError } from '../problems.js';
import { SessionService } from '../lifecycle/index.js';
import { barView, gapView, metricsView } from './views.js';

const params = { id: 'first-run', symbol: 'EMBER' };
const FORMING =
  'A derived bar that contains the clock is shown as far as it is formed: complete is false, closeTime that of its last closed minute.';
const reading = ['unknown-session', 'unknown-symbol', 'session-lost', 'unknown-calendar', 'unavailable'] as const;

@ApiController('v1/sessions/:id', 'data')
export class SessionDataController {
  constructor(@Inject(SessionService) private readonly sessions: SessionService) {}

  @Get('symbols/:symbol/bars')
  @Operation({
    summary: 'Bars of a symbol, oldest first',
    description: `At most ${api.BARS_MAX} bars. When a range has more, the Link header (rel="next") names the rest. ${FORMING}`,
    params,
    query: api.barsQuery,
    answers: [
      { status: 200, description: 'the visible bars', component: 'Bar', list: true, example: [api.barExample] },
    ],
    problems: ['invalid-input', ...reading],
  })
  async bars(
    @SessionId() id: string,
    @SymbolName() symbol: string,
    @CheckedQuery() query: api.ParsedBarsQuery,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<api.AnsweredBar[]> {
    const data = await this.sessions.open(id);
    const { interval, fill } = query;
    if ('last' in query) return (await data.lastBars(symbol, interval, query.last, { fill })).map(barView);
    const bars = await data.barsBetween(symbol, interval, query.from, query.to, api.BARS_MAX, { fill });
    const last = bars.at(-1);
    if (last && bars.length === api.BARS_MAX) response.setHeader('Link', nextLink(request.originalUrl, last.closeTime));
    return bars.map(barView);
  }

  @Get('symbols/:symbol/bars/latest')
  @Operation({
    summary: 'The newest visible bar of a symbol',
    description: FORMING,
    params,
    query: api.intervalQuery,
    answers: [{ status: 200, description: 'the bar', component: 'Bar', example: api.barExample }],
    problems: ['invalid-input', 'no-bar', ...reading],
  })
  async latestBar(
    @SessionId() id: string,
    @SymbolName() symbol: string,
    @CheckedQuery() { interval, fill }: api.IntervalQuery,
  ): Promise<api.AnsweredBar> {
    const bar = await (await this.sessions.open(id)).latestBar(symbol, interval, { fill });
    if (!bar) throw new ProblemError('no-bar', `no bar of ${symbol} has closed by the clock of session ${id}`);
    return barView(bar);
  }

  @Get('latest')
  @Operation({
    summary: 'The newest visible bar of many symbols',
    description: FORMING,
    params: { id: params.id },
    query: api.symbolsQuery,
    answers: [
      {
        status: 200,
        description: 'symbol to bar; null where none is visible',
        schema: { type: 'object', additionalProperties: { oneOf: [componentRef('Bar'), { type: 'null' }] } },
        example: { SPY: api.barExample, IBM: null },
      },
    ],
    problems: ['invalid-input', ...reading],
  })
  async latest(
    @SessionId() id: string,
    @CheckedQuery() { symbols, interval, fill }: api.SymbolsQuery,
  ): Promise<Record<string, api.AnsweredBar | null>> {
    const bars = await (await this.sessions.open(id)).latestBars(symbols, interval, { fill });
    const view = (symbol: string) => {
      const bar = bars.get(symbol);
      return bar ? barView(bar) : null;
    };
    return Object.fromEntries(symbols.map((symbol) => [symbol, view(symbol)]));
  }

  @Get('symbols/:symbol/metrics')
  @Operation({
    summary: 'Quality of the data of a symbol, and the counts under it',
    params,
    description:
      'Session figures are of the trading day that the clock is in, run figures of all days. With date, counts, gaps and session figures are of that day.',
    query: api.metricsQuery,
    answers: [{ status: 200, description: 'the metrics', component: 'Metrics', example: api.metricsExample }],
    problems: ['invalid-input', ...reading],
  })
  async metrics(
    @SessionId() id: string,
    @SymbolName() symbol: string,
    @CheckedQuery() { view, date }: api.MetricsQuery,
  ): Promise<api.MetricsAnswer> {
    return metricsView(await (await this.sessions.open(id)).metrics(symbol, view, date));
  }

  @Get('symbols/:symbol/gaps')
  @Operation({
    summary: 'Gaps of a symbol before the clock, oldest first; in the view of an operator before the frontier',
    params,
    query: api.viewQuery,
    answers: [{ status: 200, description: 'the gaps', component: 'Gap', list: true, example: [api.gapExample] }],
    problems: ['invalid-input', ...reading],
  })
  async gaps(
    @SessionId() id: string,
    @SymbolName() symbol: string,
    @CheckedQuery() { view }: api.ViewQuery,
  ): Promise<api.GapAnswer[]> {
    return (await (await this.sessions.open(id)).gaps(symbol, view)).map(gapView);
  }

  @Get('digest')
  @Operation({
    summary:
      'SHA-256 over the bars of the days that the clock has closed, and their counts; for an operator over all stored bars',
    params: { id: params.id },
    query: api.viewQuery,
    answers: [{ status: 200, description: 'the digest', component: 'Digest', example: api.digestExample }],
    problems: ['invalid-input', 'unknown-session', 'session-lost', 'unknown-calendar', 'unavailable'],
  })
  async digest(@SessionId() id: string, @CheckedQuery() { view }: api.ViewQuery): Promise<api.DigestAnswer> {
    const { digest, chunks, bars } = await (await this.sessions.open(id)).digest(view);
    return { digest, chunks, bars };
  }

  @Get('certificate')
  @Operation({
    summary: 'A digest of each trading day of a session, chained',
    description:
      'Covers the days that the clock and upkeep have passed. Two sessions over the same data have the same digests. Their ids, the ' +
      'order of their symbols and the machines do not matter.',
    params: { id: params.id },
    answers: [
      { status: 200, description: 'the certificate', component: 'Certificate', example: api.certificateExample },
    ],
    problems: READING,
  })
  certificate(@SessionId() id: string): Promise<api.CertificateAnswer> {
    return this.sessions.certificate(id);
  }
}

/** The Link header to the bars after `from`. */
function nextLink(originalUrl: string, from: number): string {
  const url = new URL(originalUrl, 'http://localhost');
  url.searchParams.set('from', api.isoTime(from));
  return `<${url.pathname}${url.search}>; rel="next"`;
}
