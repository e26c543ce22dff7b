/**
 * Writes the bars that one request feeds for one symbol into the session's store, and counts the bars by outcome. Bars that
 * are refused or conflict with a stored bar are quarantined with the reason. A late bar, whose slot the frontier had passed as empty,
 * triggers upkeep.
 *
 * Also parses fed bars: a JSON value or a line of NDJSON becomes a record with a bar. A value that is not a bar becomes a record with
 * a problem, which is counted and does not stop the others.
 */
import { isEpochMs, parseTime, TIME_EXPECTED, type FedAnswer } from '@barkeep/api';
import { quarantine, type QuarantinedBar } from '@barkeep/bar-repository';
import { parseIsoTime, shown, type Bar } from '@barkeep/bars';
import type { SessionFeed } from '@barkeep/session-data';
import type { Servers } from './session-row.js';
import { hintUpkeep } from './upkeep-request.js';

/** Most problems that one answer lists. */
const PROBLEMS_MAX = 100;
/** Most refused bars of one request that are quarantined; the others are only counted. */
const QUARANTINE_MAX = 10_000;

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

/** A record that was not stored, because it was refused or is a conflict. */
interface NotStored {
  record: FedRecord;
  reason: string;
}

export class FeedIntake {
  /** The results so far. */
  readonly fed: FedAnswer = { accepted: 0, duplicates: 0, late: 0, conflicts: 0, refused: {}, problems: [] };
  /** How many bars of this request were quarantined. */
  private quarantined = 0;

  constructor(
    private readonly servers: Servers,
    private readonly feed: SessionFeed,
    private readonly symbol: string,
  ) {}

  /** Stores the bars of some records, and adds the results to {@link fed}. @throws FeedSetBackError, SessionLostError */
  async take(records: readonly FedRecord[]): Promise<void> {
    const { feed, symbol } = this;
    const parsed = records.filter((record) => 'bar' in record);
    const malformed = records.filter((record) => 'malformed' in record);
    const bars = parsed.map(({ bar }) => bar);
    const result = await feed.feed(symbol, bars, malformed.length);
    const refused: NotStored[] = [
      ...malformed.map((record) => ({ record, reason: 'malformed' })),
      ...result.refused.map(({ index, reason }) => ({ record: parsed[index]!, reason })),
    ];
    const conflicts = result.conflicts.map((index) => ({ record: parsed[index]!, reason: 'conflict' }));
    const notStored = [...refused, ...conflicts];
    this.updateStored();
    this.fed.accepted += result.accepted;
    this.fed.duplicates += result.duplicates;
    this.fed.late += result.late;
    this.fed.conflicts += conflicts.length;
    for (const { reason } of refused) this.fed.refused[reason] = (this.fed.refused[reason] ?? 0) + 1;
    this.addProblems(notStored);
    await this.quarantine(notStored);
    // If the hint is lost, the next round of upkeep finds the days to derive again in the store.
    if (result.late > 0) hintUpkeep({ layout: feed.layout, producer: this.servers.producer });
  }

  /** Records in the store that all bars up to `time`, epoch ms, have come. @throws as {@link take} */
  async through(time: number): Promise<void> {
    await this.feed.through(this.symbol, time);
    this.updateStored();
  }

  /** Records in the store that no more bars will come. @throws as {@link take} */
  async end(): Promise<void> {
    await this.feed.end(this.symbol);
  }

  /** Updates the number of stored bars of the symbol, which the feeder repeats as `seen`. */
  private updateStored(): void {
    this.fed.stored = this.feed.storedBars(this.symbol)!;
  }

  private addProblems(notStored: readonly NotStored[]): void {
    const { problems } = this.fed;
    for (const { record, reason } of notStored) {
      if (problems.length >= PROBLEMS_MAX) return;
      const { index, line } = record;
      const openTime = 'bar' in record ? isoTimeIfValid(record.bar.openTime) : undefined;
      const detail = 'malformed' in record ? record.malformed : undefined;
      problems.push({ index, line, reason, openTime, detail });
    }
  }

  /** Quarantines records, but not those of days that are no longer retained: most of these are bars that were sent again. */
  private async quarantine(notStored: readonly NotStored[]): Promise<void> {
    const { feed, symbol } = this;
    const kept = notStored
      .filter(({ reason }) => reason !== 'retired')
      .slice(0, QUARANTINE_MAX - this.quarantined)
      .map(({ record, reason }): QuarantinedBar => {
        const from = { dataset: 'feed', symbol, reason };
        if ('malformed' in record) return { ...from, raw: record.raw };
        const { openTime: time, ...values } = record.bar;
        return { ...from, time, ...values };
      });
    this.quarantined += kept.length;
    if (kept.length > 0) await quarantine(this.servers.dataSource, feed.layout.incarnation, kept);
  }
}

/** A time as ISO 8601; undefined for a number that is not a time. */
function isoTimeIfValid(ms: number): string | undefined {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

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
