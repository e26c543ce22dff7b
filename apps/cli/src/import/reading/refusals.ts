/** Why an import refuses a row or a file, with the texts that say it, and what a reader of rows reports to. */
import type { Bar, RefusalReason } from '@barkeep/bars';
import { decimalAt, type RowProblem } from '../rows/index.js';
import type { TimeProblem } from '../times/index.js';

/** Reasons that cost a whole file. */
export const FILE_REFUSALS = [
  'unusable-header',
  'unusable-path',
  'unreadable-file',
  'wrong-interval',
  'ambiguous-format',
  'mixed-symbols',
] as const;

/** A bar's own reasons, those of its text, and those of a file. */
export type ImportRefusal =
  | RefusalReason
  | RowProblem
  | TimeProblem
  | 'missing-fields'
  | 'too-many-fields'
  | 'not-a-number'
  | 'time-out-of-range'
  | 'bad-symbol'
  | 'other-symbol'
  | 'symbol-case'
  | (typeof FILE_REFUSALS)[number];

/** Why a file as a whole cannot be read. */
export class FilePlanError extends Error {
  override readonly name = 'FilePlanError';
  constructor(
    readonly reason: ImportRefusal,
    message: string,
    readonly line = 0,
  ) {
    super(message);
  }
}

/** Receives what a reader makes of rows. */
export interface RowSink {
  bar(symbol: string, bar: Bar): void;
  /** @param line from 1; 0 when the file as a whole is refused */
  refuse(line: number, reason: ImportRefusal, detail: string): void;
}

/** ISO 8601 of an instant, also of one that no Date can hold. */
export function timeText(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : `${ms} ms`;
}

/** Why a time is refused, and what would read it. */
export function timeDetail(problem: TimeProblem, text: string, zone: string): string {
  if (problem === 'date-without-time')
    return `expected a date with a time of day, was "${text}": daily bars are not read`;
  if (problem === 'excel-serial') {
    return `expected a time, was "${text}", a serial day of Excel: format the column as yyyy-mm-dd hh:mm and save again`;
  }
  if (problem !== 'unreadable-time') return `time ${text} in ${zone}`;
  const isNumber = Number.isFinite(decimalAt(Buffer.from(text), 0, text.length));
  if (isNumber) return `expected an epoch of 1990 to 2100, was ${text}; --time-format names its unit`;
  // A time in the standard form that does not exist, such as 2024-03-99T10:00Z: no pattern would read it.
  if (/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-][\d:]+)?$/.test(text)) return `time ${text} in ${zone}`;
  return `time ${text} in ${zone}; --time-format gives a pattern such as "MM/dd/yyyy HH:mm"`;
}

/** The option that takes a price which is refused otherwise. */
export function priceHint(reason: RefusalReason): string {
  if (reason === 'negative-price') return '; --allow-negative-prices takes them';
  if (reason !== 'zero-price') return '';
  return '; a row of zeros for a minute with no trade needs no bar, and --allow-negative-prices takes prices of zero as they are';
}

/** The options that read a number as other countries write it. */
export function numberHint(text: string): string {
  if (/^[+-]?\d+,\d+$/.test(text)) return '; --decimal , reads decimal commas, --thousands , groups of thousands';
  if (/^[+-]?\d{1,3}((\.\d{3})+,\d+|(\.\d{3}){2,})$/.test(text))
    return '; --decimal , --thousands . reads such numbers';
  const sign = /^[+-]?\d{1,3}([,'\u2019 \u00a0\u202f])\d{3}(\1\d{3})*([.,]\d+)?$/.exec(text)?.[1];
  if (sign === undefined) return '';
  const name = sign === ',' ? ',' : sign === "'" || sign === '\u2019' ? `"'"` : 'space';
  return `; --thousands ${name} reads such numbers`;
}
