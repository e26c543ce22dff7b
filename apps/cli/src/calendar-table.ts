/** Compares a calendar with a table of trading days, a CSV text with times in UTC. Pure. */
import { type Calendar, isDate, type TradingDay } from '@barkeep/bars';
import { DateTime } from 'luxon';
import { CliError } from './terminal/index.js';

const HEADER = /^date,open,close(,break_start,break_end)?$/;
const CLOSED = 'closed';

/**
 * Compares every date from the table's first one to its last one. @returns `days`, the number of days in the table, and the dates that
 * differ, with the hours in the calendar and in the table as text, or `closed`
 * @throws CliError for a malformed table, or dates beyond the calendar
 */
export function compareWithTable(calendar: Calendar, csv: string) {
  const tableDays = readTable(csv);
  const dates = [...tableDays.keys()];
  const [from, to] = [dates[0]!, dates.at(-1)!];
  if (from < calendar.firstDate || to > calendar.lastDate) {
    const known = `${calendar.firstDate} to ${calendar.lastDate}`;
    throw new CliError(`--table: expected dates of ${calendar.id}, ${known}, was ${from} to ${to}`);
  }
  const calendarDays = new Map(calendar.tradingDays(from, to).map((day) => [day.date, hoursText(day.segments)]));
  const allDates = [...new Set([...calendarDays.keys(), ...dates])].sort();
  const differences = allDates
    .map((date) => ({ date, calendar: calendarDays.get(date) ?? CLOSED, table: tableDays.get(date) ?? CLOSED }))
    .filter((day) => day.calendar !== day.table);
  return { days: tableDays.size, differences };
}

/** The hours of each date in the table, as {@link hoursText}, ordered by date. */
function readTable(csv: string): Map<string, string> {
  const [header = '', ...lines] = csv.trim().split(/\r?\n/);
  if (!HEADER.test(header)) {
    throw new CliError(`--table: expected the columns date,open,close,break_start,break_end, was "${header}"`);
  }
  if (lines.length === 0) throw new CliError('--table: expected at least one trading day, was none');
  const days = new Map<string, string>();
  for (const [index, line] of lines.entries()) {
    const day = readLine(line);
    const place = `--table, line ${index + 2}`;
    if (!day) throw new CliError(`${place}: expected a date and ISO 8601 times in UTC, in order, was "${line}"`);
    if (days.has(day.date)) throw new CliError(`${place}: expected each date once, was ${day.date} again`);
    days.set(day.date, hoursText(day.segments));
  }
  return new Map([...days].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A day of the table; undefined when its line is malformed. */
function readLine(line: string): TradingDay | undefined {
  const [day = '', open, close, breakStart, breakEnd] = line.split(',');
  const date = day.slice(0, 10); // without the time of day, which some tables have
  const hasBreak = Boolean(breakStart) || Boolean(breakEnd);
  // A break splits the day into two segments.
  const times = (hasBreak ? [open, breakStart, breakEnd, close] : [open, close]).map(timeOf);
  const areInOrder = times.every((time, index) => time > (times[index - 1] ?? -Infinity)); // false also for an invalid time
  if (!isDate(date) || !areInOrder) return undefined;
  const segments = [];
  for (let i = 0; i < times.length; i += 2) segments.push({ open: times[i]!, close: times[i + 1]! });
  return { date, segments };
}

/** The time of an ISO 8601 text, in UTC unless it has an offset; NaN for an invalid text. Some tables have a space before the hour. */
function timeOf(text = ''): number {
  const iso = text.trim().replace(' ', 'T');
  const hasDate = isDate(iso.slice(0, 10)); // luxon reads a time without a date as one of today
  return hasDate ? DateTime.fromISO(iso, { zone: 'utc' }).toMillis() : Number.NaN;
}

/** `2024-03-04T08:00Z – 2024-03-04T16:30Z` for each segment, separated by commas. */
function hoursText(segments: TradingDay['segments']): string {
  const iso = (time: number): string => new Date(time).toISOString().replace(':00.000Z', 'Z');
  return segments.map(({ open, close }) => `${iso(open)} – ${iso(close)}`).join(', ');
}
