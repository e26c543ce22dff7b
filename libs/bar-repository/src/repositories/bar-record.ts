/**
 * Parses the records that a user's repository returns. Pure. Accepts a time as `Date`, ISO text or epoch ms under one of three names, and
 * numbers as texts (`pg` returns `numeric` as text). Refuses every record that is not certainly a bar of the requested symbol and range.
 */
import { parseIsoTime, refuseBar, type Bar } from '@barkeep/bars';
import type { RepositoryAnswer, BarQuery, RecordRefusal, RefusedRecord } from './bar-source.js';

/** Fields that may contain the open time. The first one that is present is used. */
const TIME_FIELDS = ['openTime', 'time', 'timestamp'] as const;

const VALUE_FIELDS = ['open', 'high', 'low', 'close', 'volume'] as const;

/** All fields of a record that are read. */
export const RECORD_FIELDS = ['symbol', ...TIME_FIELDS, ...VALUE_FIELDS] as const;

type RequestedRange = Pick<BarQuery, 'from' | 'to' | 'prices'>;

/**
 * Adds the valid records to the answer, oldest first, and the refused ones. Of two bars with one time the first is kept; the second is
 * refused as a `conflict` when its values differ.
 */
export function addRecords(
  answer: RepositoryAnswer,
  symbol: string,
  records: Iterable<unknown>,
  query: RequestedRange,
): void {
  const byTime = new Map<number, Bar>();
  for (const record of records) {
    const fields = fieldsOf(record);
    const bar = barOf(fields, symbol, query);
    if (typeof bar === 'string') {
      answer.refused.push(refusedRecord(record, fields, symbol, bar));
      continue;
    }
    const existing = byTime.get(bar.openTime);
    if (existing === undefined) byTime.set(bar.openTime, bar);
    else if (VALUE_FIELDS.some((name) => existing[name] !== bar[name]))
      answer.refused.push(refusedRecord(record, fields, symbol, 'conflict'));
  }
  const bars = [...byTime.values()].sort((a, b) => a.openTime - b.openTime);
  if (bars.length > 0) answer.bars.set(symbol, bars);
}

/** What could be read of a record. The time or a value is undefined when it is missing or cannot be read. */
type Fields = { [Name in keyof Bar]: number | undefined } & { symbol?: unknown };

/**
 * Reads each field, inherited ones too. A field whose getter throws counts as null, which is not a value. So a record with an unreadable
 * `symbol` is refused: only an undefined `symbol` stands for the requested one.
 */
function fieldsOf(record: unknown): Fields {
  const field = (name: string): unknown => {
    try {
      return typeof record === 'object' && record !== null ? (record as Record<string, unknown>)[name] : undefined;
    } catch {
      return null;
    }
  };
  const time = TIME_FIELDS.map(field).find((value) => value !== undefined && value !== null);
  const [open, high, low, close, volume] = VALUE_FIELDS.map((name) => numberOf(field(name)));
  return { symbol: field('symbol'), openTime: timeOf(time), open, high, low, close, volume };
}

/** Whether the time and every value could be read. */
function hasAllValues(fields: Omit<Fields, 'symbol'>): fields is Bar {
  return fields.openTime !== undefined && VALUE_FIELDS.every((name) => fields[name] !== undefined);
}

/** Units besides milliseconds that vendors use for times: the reason for refusing such a time, and the unit's length in ms. */
const OTHER_UNITS = [
  { reason: 'time-in-seconds', unitMs: 1_000 },
  { reason: 'time-in-microseconds', unitMs: 1e-3 },
  { reason: 'time-in-nanoseconds', unitMs: 1e-6 },
] as const;

/** The bar of a record's fields, or the reason for refusing it. A record without a `symbol` counts as one of the requested symbol. */
function barOf(
  { symbol: recordSymbol, ...fields }: Fields,
  symbol: string,
  query: RequestedRange,
): Bar | RecordRefusal {
  const isOtherSymbol = recordSymbol !== undefined && recordSymbol !== symbol;
  if (isOtherSymbol || !hasAllValues(fields)) return 'malformed';
  const invalid = refuseBar(fields, query.prices);
  const { openTime } = fields;
  if (isWithin(openTime, query)) return invalid ?? fields;
  // Outside the range a wrong unit is the likeliest reason, so it comes first.
  const otherUnit = OTHER_UNITS.find(({ unitMs }) => isWithin(Math.round(openTime * unitMs), query));
  return otherUnit?.reason ?? invalid ?? 'malformed';
}

function isWithin(time: number, { from, to }: RequestedRange): boolean {
  return time >= from && time < to;
}

/**
 * The record as it is quarantined. Equal records are counted once (I7, docs/ARCHITECTURE.md). But fields that are not read, such as the id
 * of a request, may differ in each answer. So when the time and all values could be read, `raw` contains only what was read.
 */
function refusedRecord(record: unknown, fields: Fields, symbol: string, reason: RecordRefusal): RefusedRecord {
  const { openTime: time = null, symbol: recordSymbol, ...values } = fields;
  const raw = textOf(hasAllValues(fields) ? { symbol: recordSymbol, time, ...values } : record);
  return { symbol, time, ...values, reason, raw };
}

/** A record as JSON; its type when it cannot be converted, as for a circular object. */
function textOf(record: unknown): string {
  try {
    return JSON.stringify(record) ?? String(record);
  } catch {
    return typeof record;
  }
}

/** The number in `value`, undefined when there is none (also for an empty string). NaN stays NaN, so that it is refused as `not-finite`. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isNaN(number) && value.trim() !== 'NaN' ? undefined : number;
}

const DIGITS = /^-?\d+$/;
const DATE = String.raw`\d{4}-\d\d-\d\d`;
const TIME_OF_DAY = String.raw`\d\d:\d\d(:\d\d(\.\d+)?)?`;
const ZONE = String.raw`(Z|[+-]\d\d(:?\d\d)?)`;
/** An ISO 8601 time with a zone, or a date alone, which JavaScript reads as UTC. A time without a zone would depend on the machine. */
const ISO_TIME = new RegExp(`^${DATE}([T ]${TIME_OF_DAY}${ZONE})?$`);
/** A zone such as `+02` or `+0200` after a time of day. */
const ZONE_WITHOUT_COLON = /(?<=:[\d.]+)([+-]\d\d)(\d\d)?$/;

/** The epoch ms that a value means; undefined when it is no time. */
function timeOf(value: unknown): number | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return unlessNaN(value.getTime());
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (DIGITS.test(text)) return Number(text);
  if (!ISO_TIME.test(text)) return undefined;
  const iso = text.replace(' ', 'T').replace(ZONE_WITHOUT_COLON, zoneWithColon);
  return unlessNaN(parseIsoTime(iso));
}

function zoneWithColon(_match: string, hours: string, minutes = '00'): string {
  return `${hours}:${minutes}`;
}

function unlessNaN(time: number): number | undefined {
  return Number.isNaN(time) ? undefined : time;
}
