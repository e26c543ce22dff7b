/**
 * Compares a calendar with a table of trading days: `date,open,close,break_start,break_end`, times in UTC as ISO 8601. Pure.
 */
import type { Calendar, TradingDay } from '@barkeep/bars';
import { CliError } from '../terminal/index.js';

/** A date on which a calendar and a table differ; the hours of each as text, `closed` when it does not trade. */
export interface CalendarDifference {
  date: string;
  calendar: string;
  table: string;
}

const HEADER = /^date,open,close(,break_start,break_end)?$/;
const CLOSED = 'closed';

/**
 * Compares every date from the table's first one to its last one.
 * @throws CliError for a table of another form, or dates beyond the calendar
 */
export function compareWithTable(
  calendar: Calendar,
  text: string,
): { days: number; differences: CalendarDifference[] } {
  const table = readTable(text);
  const dates = [...table.keys()];
  const [from, to] = [dates[0]!, dates.at(-1)!];
  if (from < calendar.firstDate || to > calendar.lastDate) {
    const known = `${calendar.firstDate} to ${calendar.lastDate}`;
    throw new CliError(`--table: expected dates of ${calendar.id}, ${known}, was ${from} to ${to}`);
  }
  const days = new Map(calendar.tradingDays(from, to).map((day) => [day.date, hoursOf(day)]));
  const all = [...new Set([...days.keys(), ...dates])].sort();
  const differences = all.flatMap((date) => {
    const [ours, theirs] = [days.get(date) ?? CLOSED, table.get(date) ?? CLOSED];
    return ours === theirs ? [] : [{ date, calendar: ours, table: theirs }];
  });
  return { days: table.size, differences };
}

function readTable(text: string): Map<string, string> {
  const [header = '', ...lines] = text.trim().split(/\r?\n/);
  if (!HEADER.test(header)) {
    throw new CliError(`--table: expected the columns date,open,close,break_start,break_end, was "${header}"`);
  }
  const days = new Map<string, string>();
  lines.forEach((line, i) => {
    const [day = '', open, close, breakStart, breakEnd] = line.split(',');
    const date = day.slice(0, 10);
    const times = breakStart ? [open, breakStart, breakEnd, close] : [open, close];
    if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || times.some((time) => Number.isNaN(Date.parse(time ?? '')))) {
      throw new CliError(`--table, line ${i + 2}: expected a date and ISO 8601 times in UTC, was "${line}"`);
    }
    days.set(date, hoursText(times.map((time) => Date.parse(time!))));
  });
  if (days.size === 0) throw new CliError('--table: expected at least one trading day, was none');
  return new Map([...days].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function hoursOf({ segments }: TradingDay): string {
  return hoursText(segments.flatMap(({ open, close }) => [open, close]));
}

/** `2024-03-04T08:00Z – 2024-03-04T16:30Z` for each pair of times. */
function hoursText(times: readonly number[]): string {
  const iso = times.map((time) => new Date(time).toISOString().replace(':00.000Z', 'Z'));
  return iso.flatMap((open, i) => (i % 2 === 0 ? [`${open} – ${iso[i + 1]}`] : [])).join(', ');
}
