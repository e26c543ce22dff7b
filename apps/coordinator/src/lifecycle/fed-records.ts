/**
 * Parses fed bars: one JSON value, or one line of NDJSON, becomes a bar. A value that is no bar becomes a record with
 * a problem: it is counted and does not stop the others. The values of a bar are validated elsewhere. Pure.
 */
import { isEpochMs, parseTime, TIME_EXPECTED } from '@barkeep/api';
import { shown, type Bar } from '@barkeep/bars';

/** Position of a record in its body. */
export interface RecordPlace {
  /** From 0, without blank lines. */
  index: number;
  /** From 1; only in NDJSON. */
  line?: number;
}
/** A bar, or the problem with the raw record. */
export type FedRecord = RecordPlace & ({ bar: Bar } | { malformed: string; raw: string });

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?Z$/;
const VALUES = ['open', 'high', 'low', 'close', 'volume'] as const;

/** Reads a parsed value: `openTime` or `time`, open, high, low, close, volume; other fields are ignored. */
export function recordOf(value: unknown, place: RecordPlace): FedRecord {
  const malformed = (field: string, expected: string, was: unknown): FedRecord => ({
    ...place,
    malformed: `${field}: expected ${expected}, was ${was === undefined ? 'nothing' : shown(was)}`,
    raw: JSON.stringify(value) ?? 'undefined',
  });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return malformed('bar', 'an object', value);
  const fields = value as Readonly<Record<string, unknown>>;
  const timeField = fields['openTime'] === undefined ? 'time' : 'openTime';
  const openTime = timeOf(fields[timeField]);
  if (openTime === undefined) return malformed(timeField, TIME_EXPECTED, fields[timeField]);
  const bar: Bar = { openTime, open: 0, high: 0, low: 0, close: 0, volume: 0 };
  for (const name of VALUES) {
    const number = fields[name];
    if (typeof number !== 'number') return malformed(name, 'a number', number);
    bar[name] = number;
  }
  return { ...place, bar };
}

/** Reads one line. */
export function recordOfLine(line: string, place: RecordPlace): FedRecord {
  try {
    return recordOf(JSON.parse(line), place);
  } catch {
    return { ...place, malformed: 'line: expected JSON', raw: line };
  }
}

/** Feeds send millions of times: the usual form is parsed first, without trying the others. */
function timeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return isEpochMs(value) ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const ms = UTC.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(ms) ? parseTime(value) : ms;
}
