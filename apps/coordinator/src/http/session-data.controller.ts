/**
 * `/v1/sessions/{id}/…`: what a session holds as a whole. An operator gets digests and counts beyond the clock. The calls that read all bars
 * have no deadline: the next call after a 503 would read them all again.
 */
import * as api from '@barkeep/api';
import { Inject } from '@nestjs/common';
import type { Response } from 'express';
import { withoutDeadline } from '../access/index.js';
import { SessionService } from '../lifecycle/index.js';
import { ApiController, type Call, Called, Operation, PROBLEMS } from '../openapi/index.js';
import { daysView, differenceView, layoutView } from './views.js';

@ApiController('data')
export class SessionDataController {
  constructor(@Inject(SessionService) private readonly sessions: SessionService) {}

  @Operation('GET', 'v1/sessions/:id/digest', {
    summary:
      'SHA-256 over the bars of the days that the clock has closed, and their counts; for an operator over all stored bars',
    description: 'It reads all bars, and may take longer than other calls.',
    query: api.viewQuery,
    answer: { description: 'the digest', component: 'Digest', example: api.digestExample },
    problems: PROBLEMS.reading,
  })
  async digest(@Called() { id, query, response }: Call<typeof api.viewQuery>): Promise<api.DigestAnswer> {
    const disconnected = longCall(response);
    return (await this.sessions.open(id)).digest(query.view, disconnected);
  }

  @Operation('GET', 'v1/sessions/:id/certificate', {
    summary: 'A digest of each trading day of a session, chained',
    description:
      'Covers the days that the clock and upkeep have passed. Two sessions over the same data have the same digests. Their ids, the ' +
      'order of their symbols and the machines do not matter. It reads all bars, and may take longer than other calls.',
    answer: { description: 'the certificate', component: 'Certificate', example: api.certificateExample },
    problems: PROBLEMS.reading,
  })
  certificate(@Called() { id, response }: Call) {
    withoutDeadline(response);
    return this.sessions.certificate(id);
  }

  @Operation('GET', 'v1/sessions/:id/days', {
    summary: 'The counts of each symbol on each trading day, a page of symbols',
    description:
      'Of the retained days of the session, without its history. The day that the clock is in is counted up to the clock, in the view ' +
      'of an operator up to the frontier.',
    query: api.daysQuery,
    answer: { description: 'a page', component: 'Days', example: api.daysExample },
    problems: [...PROBLEMS.reading, 'unknown-symbol'],
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
    const disconnected = longCall(response);
    return differenceView(await this.sessions.difference(id, query.with, disconnected));
  }
}

/** Removes the deadline of a call. @returns a signal that aborts the work when the caller disconnects */
function longCall(response: Response): AbortSignal {
  withoutDeadline(response);
  const disconnected = new AbortController();
  response.once('close', () => disconnected.abort());
  return disconnected.signal;
}
