/**
 * Bars as they are fed: reads one JSON value, or one line of NDJSON, as a bar. What cannot be read is a record too, with
 * what is wrong with it, so that it is counted and never stops the others. Whether the values can be is not judged here. Pure.
 */
import { shown, type Bar } from '@barkeep/bars';
import { parseTime, TIME_EXPECTED } from '../openapi/index.js';

/** Where a record stood in its body. */
export interface RecordPlace {
  /** From 0; blank lines are no records. */
  index: number;
  /** Of NDJSON, from 1. */
  line?: number;
}
/** What was read: a bar, or why it is none with the record as it came. */
export type FedRecord = RecordPlace & ({ bar: Bar } | { malformed: string; raw: string });

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?Z$/;
const VALUES = ['open', 'high', 'low', 'close', 'volume'] as const;

/** Reads a parsed value: `openTime` or `time`, open, high, low, close, volume; other fields are left alone. */
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

/** Feeds give millions of times: the usual form is read without asking whether it is another one. */
function timeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  const ms = UTC.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(ms) ? parseTime(value) : ms;
}
