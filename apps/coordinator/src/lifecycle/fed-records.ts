/**
 * Parses fed bars: a JSON value or a line of NDJSON becomes a record with a bar. A value that is not a bar becomes a record with a
 * problem, which is counted and does not stop the others. Pure.
 */
import { isEpochMs, parseTime, TIME_EXPECTED } from '@barkeep/api';
import { parseIsoTime, shown, type Bar } from '@barkeep/bars';

/** The usual form of a time, such as 2024-03-04T14:30:00.000Z, which `parseIsoTime` reads fast. */
const USUAL_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?Z$/;
const VALUE_FIELDS = ['open', 'high', 'low', 'close', 'volume'] as const;

/** Position of a record in its body. */
interface RecordPlace {
  /** From 0, without blank lines. */
  index: number;
  /** From 1; only in NDJSON. */
  line?: number;
}

/** A bar, or the problem with the raw record. */
export type FedRecord = RecordPlace & ({ bar: Bar } | { malformed: string; raw: string });

/** Makes a record of a JSON value with `openTime` or `time`; other fields are ignored. The store checks prices and slots. */
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
  for (const name of VALUE_FIELDS) {
    const number = fields[name];
    if (typeof number !== 'number') return malformed(name, 'a number', number);
    bar[name] = number;
  }
  return { ...place, bar };
}

export function recordOfLine(line: string, place: RecordPlace): FedRecord {
  try {
    return recordOf(JSON.parse(line), place);
  } catch {
    return { ...place, malformed: 'line: expected JSON', raw: line };
  }
}

/** The time of a bar in epoch ms; undefined if it is none. Tries the usual form first: feeds send millions of times. */
function timeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return isEpochMs(value) ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const ms = USUAL_TIME.test(value) ? parseIsoTime(value) : NaN;
  return Number.isNaN(ms) ? parseTime(value) : ms;
}
