/**
 * What a parser makes of rows: bars, and refusals with a reason. The contract between the file formats and the import.
 */
import { type Bar, type RefusalReason, refuseValues } from '@barkeep/bars';
import { decimalAt } from './decimal.js';
import { fieldText, type Row } from './row-splitter.js';

/** Why an import refuses a row or a file: a bar's own reasons, and those of the text it stands in. */
export type ImportRefusal =
  | RefusalReason
  | 'bad-quotes'
  | 'row-too-long'
  | 'missing-fields'
  | 'not-a-number'
  | 'unreadable-time'
  | 'time-out-of-range'
  | 'skipped-by-dst'
  | 'ambiguous-by-dst'
  | 'bad-symbol'
  | 'unusable-header'
  | 'unusable-path'
  | 'unreadable-file';

export interface RowSink {
  bar(symbol: string, bar: Bar): void;
  /** @param line from 1; 0 when the file as a whole is refused */
  refuse(line: number, reason: ImportRefusal, detail: string): void;
}

/** Takes the bytes of one file, in order, and tells its sink. */
export interface BarParser {
  push(chunk: Uint8Array): void;
  end(): void;
}

/** Bars of the base interval start on a whole minute. */
export const BASE_INTERVAL_MS = 60_000;
/** No market was recorded by the minute outside of these; a time that far off was read in the wrong unit. */
const TIME_MIN_MS = Date.UTC(1900, 0, 1);
const TIME_MAX_MS = Date.UTC(2200, 0, 1);
export const SYMBOL_PATTERN = /^[A-Z0-9._-]{1,32}$/;

/** In which fields the five values stand, and by what the prices are divided. */
export interface ValueFields {
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  priceScale: number;
}

/** Reads the five values of a row at `openTime` and hands the sink a bar, or the reason why it is none. */
export function readBar(row: Row, fields: ValueFields, symbol: string, openTime: number, sink: RowSink): void {
  const scale = fields.priceScale;
  const open = number(row, fields.open) / scale;
  const high = number(row, fields.high) / scale;
  const low = number(row, fields.low) / scale;
  const close = number(row, fields.close) / scale;
  const volume = number(row, fields.volume);
  const reason = refuseValues(open, high, low, close, volume);
  if (reason !== undefined) refuseBarOf(row, fields, reason, sink);
  else if (openTime < TIME_MIN_MS || openTime > TIME_MAX_MS) {
    sink.refuse(row.line, 'time-out-of-range', `expected a time from 1900 to 2200, was ${isoTime(openTime)}`);
  } else if (openTime % BASE_INTERVAL_MS !== 0) {
    sink.refuse(row.line, 'off-grid', `expected a whole minute, was ${isoTime(openTime)}`);
  } else sink.bar(symbol, { openTime, open, high, low, close, volume });
}

/** ISO 8601 of an instant that may be out of what a Date can hold. */
export function isoTime(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : `${ms} ms`;
}

function number(row: Row, field: number): number {
  return decimalAt(row.bytes, row.starts[field] ?? 0, row.ends[field] ?? 0);
}

function refuseBarOf(row: Row, fields: ValueFields, reason: RefusalReason, sink: RowSink): void {
  const names = ['open', 'high', 'low', 'close', 'volume'] as const;
  const text = (name: (typeof names)[number]): string => fieldText(row, fields[name]);
  const bad = names.find((name) => Number.isNaN(number(row, fields[name])));
  if (bad === undefined) return sink.refuse(row.line, reason, names.map((name) => `${name} ${text(name)}`).join(', '));
  const infinite = /^[+-]?(nan|inf)/i.test(text(bad)) || Math.abs(Number(text(bad))) === Infinity;
  sink.refuse(row.line, infinite ? 'not-finite' : 'not-a-number', `${bad}: expected a number, was "${text(bad)}"`);
}
