/** The reasons for which an import refuses a row or a file, their messages, and the sink to which a reader reports. */
import type { Bar, RefusalReason } from '@barkeep/bars';
import { decimalAt, type RowProblem } from '../rows/index.js';
import { timePatterns } from './time-patterns.js';
import { isRoundedEpoch, type TimeProblem } from '../times/index.js';

/** Why a row is refused, or a whole file. */
export type ImportRefusal =
  | RefusalReason
  | RowProblem
  | TimeProblem
  | 'too-many-fields'
  | 'not-a-number'
  | 'time-out-of-range'
  | 'bad-symbol'
  | 'other-symbol'
  | 'incomplete-bar'
  | 'symbol-case'
  | 'unusable-header'
  | 'unusable-path'
  | 'unreadable-file'
  | 'wrong-interval'
  | 'ambiguous-format'
  | 'mixed-symbols';

export interface RowRefusal {
  reason: ImportRefusal;
  detail: string;
}

/** Thrown when a whole file is refused. */
export class FilePlanError extends Error {
  override readonly name = 'FilePlanError';
  /** @param line of the row that shows the reason, from 1; 0 when no single row does */
  constructor(
    readonly reason: ImportRefusal,
    message: string,
    readonly line = 0,
  ) {
    super(message);
  }
}

/** Receives the bars of a reader, and the rows that it refuses. */
export interface RowSink {
  /** @param isVolumeUnknown true when the row has no volume, so that the bar's is 0 */
  bar(symbol: string, bar: Bar, isVolumeUnknown: boolean): void;
  /** @param line from 1 */
  refuse(line: number, reason: ImportRefusal, detail: string): void;
}

/** The largest distance from 1970 that a Date can have. */
const DATE_MAX_MS = 8.64e15;

/** An instant as ISO 8601, or as a number of ms when it is outside of the range of a Date. */
export function timeText(ms: number): string {
  return Math.abs(ms) <= DATE_MAX_MS ? new Date(ms).toISOString() : `${ms} ms`;
}

/** The message for a refused time. It names the change or the option that would make the time readable, if there is one. */
export function timeDetail(problem: TimeProblem, text: string, zone: string): string {
  if (problem === 'date-without-time')
    return `expected a date with a time of day, was "${text}": daily bars are not read`;
  if (problem === 'excel-serial') {
    return `expected a time, was "${text}", a serial day of Excel: format the column as yyyy-mm-dd hh:mm and save again`;
  }
  // Another problem is that the time does not exist in the zone, or exists twice: the name of the problem says so.
  if (problem !== 'unreadable-time') return `time ${text} in ${zone}`;
  if (isRoundedEpoch(text))
    return `expected an epoch, was "${text}", which a spreadsheet has rounded: format the column as a number and save again`;
  const isNumber = Number.isFinite(decimalAt(Buffer.from(text), 0, text.length));
  if (isNumber) return `expected an epoch from 1990 to 2100, was ${text}; --time-format names its unit`;
  // A time in the standard form that does not exist, such as 2024-03-99T10:00Z: no pattern would read it.
  if (/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-][\d:]+)?$/.test(text)) return `time ${text} in ${zone}`;
  const patterns = timePatterns(text).map((pattern) => `"${pattern}"`);
  if (patterns.length > 0) return `time ${text} in ${zone}; give --time-format ${patterns.join(' or ')}`;
  return `time ${text} in ${zone}; --time-format gives a pattern such as "MM/dd/yyyy HH:mm"`;
}

/** A hint about the option that accepts a refused price; empty for other reasons. */
export function priceHint(reason: RefusalReason): string {
  if (reason === 'negative-price') return '; --allow-negative-prices accepts them';
  if (reason !== 'zero-price') return '';
  return '; a row of zeros for a minute with no trade needs no bar, and --allow-negative-prices accepts prices of zero';
}

/** The refusal of a value that is not a number, with the option that would read it, if there is one. */
export function notNumber(name: string, text: string): RowRefusal {
  const isNotFinite = /^[+-]?(nan|inf)/i.test(text) || Math.abs(Number(text)) === Infinity;
  const detail = `${name}: expected a number, was "${text}"`;
  if (isNotFinite) return { reason: 'not-finite', detail };
  const hint = name === 'volume' && text === '' ? '; if no row has a volume, add --volume none' : numberHint(text);
  return { reason: 'not-a-number', detail: detail + hint };
}

/** A hint about the options for a number in the notation of other countries; empty when none would read it. */
function numberHint(text: string): string {
  if (/^[+-]?\d+,\d+$/.test(text)) return '; --decimal , reads decimal commas, --thousands , groups of thousands';
  const hasDotsBetweenGroups = /^[+-]?\d{1,3}(\.\d{3})+(,\d+)?$/.test(text); // 1.234,5 or 1.234
  if (hasDotsBetweenGroups) return '; --decimal , --thousands . reads such numbers';
  // The sign between groups of three digits: a comma, an apostrophe or a blank.
  const sign = /^[+-]?\d{1,3}([,'\u2019 \u00a0\u202f])\d{3}(\1\d{3})*([.,]\d+)?$/.exec(text)?.[1];
  if (sign === undefined) return '';
  let option = 'space';
  if (sign === ',') option = ',';
  else if (sign === "'" || sign === '\u2019') option = `"'"`; // in quotes for the shell
  return `; --thousands ${option} reads such numbers`;
}
