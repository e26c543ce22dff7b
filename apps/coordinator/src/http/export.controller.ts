/** `/v1/sessions/{id}/export`: the bars of a session as one file, of any length. */
import { exportQuery, isoTime } from '@barkeep/api';
import { errorText } from '@barkeep/service';
import type { BarsPart } from '@barkeep/session-data';
import { Inject, Logger, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SessionService } from '../lifecycle/index.js';
import { ApiController, type Call, Called, Operation, PROBLEMS } from '../openapi/index.js';
import { NDJSON } from './fed-body.js';
import { beginStreamedAnswer, STALLED_MS } from './streamed-answer.js';
import { barView } from './views.js';

type Format = 'csv' | 'ndjson';

const MEDIA_TYPES: Record<Format, string> = { csv: 'text/csv; charset=utf-8; header=present', ndjson: NDJSON };

/** The header line, with the columns that `barkeep import` reads. No value needs quotes. */
const CSV_HEAD = 'time,symbol,open,high,low,close,volume\n';

@ApiController('data')
export class ExportController {
  private readonly logger = new Logger(ExportController.name);

  constructor(@Inject(SessionService) private readonly sessions: SessionService) {}

  @Operation('GET', 'v1/sessions/:id/export', {
    summary: 'The bars of a session up to its clock, as one CSV or NDJSON file',
    description:
      'Symbol after symbol, oldest first. All symbols end at the clock that the session has when the call begins. The file is read while it ' +
      'is sent, as fast as the caller takes it. A derived bar that is still forming is left out. The connection breaks when the file ' +
      'cannot be finished, for example because the session was deleted. `barkeep import` reads the CSV file.',
    query: exportQuery,
    answer: {
      description: 'the file; application/x-ndjson with format=ndjson',
      schema: { type: 'string' },
      mediaType: 'text/csv',
      example: 'time,symbol,open,high,low,close,volume\n2024-03-04T14:30:00.000Z,EMBER,301.2,301.9,300.8,301.5,18234\n',
    },
    problems: [...PROBLEMS.reading, 'unknown-symbol'],
  })
  async exportBars(
    @Called() { id, query }: Call<typeof exportQuery>,
    @Res() response: Response, // so that Nest sends no answer
  ): Promise<void> {
    const { format, symbols, ...range } = query;
    const data = await this.sessions.open(id);
    await data.checkRead(symbols, range.interval);
    const parts = data.allBars({ symbols: symbols ?? [...data.activeSymbols()].sort(), ...range });
    const interval = range.interval ?? data.layout.base.name;
    const isBegun = beginStreamedAnswer(response, {
      'Content-Type': MEDIA_TYPES[format],
      'Content-Disposition': `attachment; filename="${id}-${interval}.${format}"`,
      'Cache-Control': 'no-store',
    });
    if (!isBegun) return;
    // A caller that stops reading is disconnected, because bars for it are in memory.
    response.setTimeout(STALLED_MS, () => response.destroy());
    try {
      // While one part is sent, the next one is read, and no further one (highWaterMark 1). The export ends when the caller disconnects.
      await pipeline(Readable.from(exportText(parts, format), { highWaterMark: 1 }), response);
    } catch (error) {
      this.logger.warn({ session: id, error: errorText(error) }, 'export ended');
    }
  }
}

const LINES: Record<Format, (symbol: string, bar: BarsPart['bars'][number]) => string> = {
  csv: (symbol, { openTime, open, high, low, close, volume }) =>
    `${isoTime(openTime)},${symbol},${open},${high},${low},${close},${volume}\n`,
  ndjson: (symbol, bar) => `${JSON.stringify({ symbol, ...barView(bar) })}\n`,
};

/** The text of the file, part by part; each part is read when it is requested. */
async function* exportText(parts: AsyncIterable<BarsPart>, format: Format): AsyncGenerator<string> {
  if (format === 'csv') yield CSV_HEAD;
  for await (const { symbol, bars } of parts) {
    if (bars.length > 0) yield bars.map((bar) => LINES[format](symbol, bar)).join('');
  }
}
