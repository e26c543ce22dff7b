/** Bars as the text of a file, part by part. Pure. */
import { isoTime } from '@barkeep/api';
import type { BarsPart } from '@barkeep/session-data';
import { barView } from './views.js';
import { NDJSON } from './fed-body.js';

export type ExportFormat = 'csv' | 'ndjson';

export const MEDIA_TYPES: Record<ExportFormat, string> = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: NDJSON,
};

/** Columns that `barkeep import` reads. No value of them needs quotes. */
const CSV_HEAD = 'time,symbol,open,high,low,close,volume\n';

/** The text of each part; nothing is read before it is taken. */
export async function* exportText(parts: AsyncIterable<BarsPart>, format: ExportFormat): AsyncGenerator<string> {
  if (format === 'csv') yield CSV_HEAD;
  for await (const { symbol, bars } of parts) {
    if (bars.length > 0) yield format === 'csv' ? csvRows(symbol, bars) : ndjsonRows(symbol, bars);
  }
}

function csvRows(symbol: string, bars: BarsPart['bars']): string {
  return bars
    .map(
      ({ openTime, open, high, low, close, volume }) =>
        `${isoTime(openTime)},${symbol},${open},${high},${low},${close},${volume}\n`,
    )
    .join('');
}

function ndjsonRows(symbol: string, bars: BarsPart['bars']): string {
  return bars.map((bar) => `${JSON.stringify({ symbol, ...barView(bar) })}\n`).join('');
}
