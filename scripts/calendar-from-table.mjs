/**
 * Makes the shipped calendar files from tables of trading days. Each file has rules for normal hours, and lists of exceptions.
 *
 *   node scripts/calendar-from-table.mjs TABLES [CALENDARS]
 *
 * TABLES is a folder with a table for each calendar, such as xlon.csv, and us-extended-hours.csv. A table has a row for each trading day,
 * `date,open,close,break_start,break_end`, in UTC.
 *
 * The command rewrites the calendars' files in the folder CALENDARS (libs/bars/src/calendar/data by default). It keeps their id, name,
 * aliases, source and zone, and their days before the table's first one. It checks that the result has exactly the days of the table. So
 * adding a year takes this command and a review of the diff. A new calendar starts as a file with the kept fields and `"hours": []`.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IANAZone } from 'luxon';
import { format, resolveConfig } from 'prettier';
import { parseCalendar } from '@barkeep/bars';
import { calendarFileOf } from './calendar/file.mjs';

const DATA = join(import.meta.dirname, '../libs/bars/src/calendar/data');
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const [folder, target = DATA] = process.argv.slice(2);
if (!folder) throw new Error('expected: node scripts/calendar-from-table.mjs TABLES [CALENDARS]');

for (const table of readdirSync(folder).filter((name) => name.endsWith('.csv'))) {
  const path = join(target, table.replace('.csv', '.json'));
  if (existsSync(path)) await rewrite(path, table); // us-extended-hours.csv belongs to no single calendar
}

/** Makes a calendar's file from its table. @throws Error when the result has other days than the table */
async function rewrite(path, table) {
  const current = JSON.parse(readFileSync(path, 'utf8'));
  const days = readTable(join(folder, table), current.zone);
  const [start, end] = [days[0].date, days.at(-1).date];
  const earlier = daysBefore(start, current);
  const firstDate = earlier ? current.firstDate : start;
  const extended = current.hours[0]?.extended ? readExtendedHours(join(folder, 'us-extended-hours.csv')) : undefined;
  const calendar = calendarFileOf(current, firstDate, [...(earlier ?? []), ...days], extended);
  const madeText = tableText(parseCalendar(calendar).tradingDays(start, end));
  const wantedText = readFileSync(join(folder, table), 'utf8');
  if (madeText !== wantedText) throw new Error(`${path}: expected the days of ${table}, was a different table`);
  writeFileSync(path, await format(JSON.stringify(calendar), { ...(await resolveConfig(DATA)), parser: 'json' }));
  const { hours, specialDays, holidays, lastDate } = calendar;
  console.log(
    `${calendar.id}: ${firstDate} to ${lastDate}, ${days.length} days of the table, ${hours.length} rules, ` +
      `${specialDays.flatMap(({ dates }) => dates).length} special days, ${holidays.length} holidays`,
  );
}

/** The trading days of a table: `date`, and `segments` as {@link wallSegments}. */
function readTable(file, zone) {
  const lines = readFileSync(file, 'utf8').trim().split('\n').slice(1);
  return lines.map((line) => {
    const [day, open, close, breakStart, breakEnd] = line.split(',');
    const date = day.slice(0, 10);
    const utcSegments = breakStart ? [[open, breakStart], [breakEnd, close]] : [[open, close]]; // prettier-ignore
    const segments = utcSegments.map((times) => times.map((time) => Date.parse(time)));
    return { date, segments: wallSegments(segments, date, zone) };
  });
}

/** The trading days of the current calendar before a date, in the form of a table; undefined when it has none. */
function daysBefore(date, current) {
  if (current.hours.length === 0 || current.firstDate >= date) return undefined;
  const eve = new Date(Date.parse(date) - DAY_MS).toISOString().slice(0, 10);
  const days = parseCalendar(current).tradingDays(current.firstDate, eve);
  return days.map((day) => {
    const segments = day.segments.map(({ open, close }) => [open, close]);
    return { date: day.date, segments: wallSegments(segments, day.date, current.zone) };
  });
}

/** The times of segments, pairs of epoch ms, as minutes of wall time from a date's midnight; negative on the previous evening. */
function wallSegments(segments, date, zone) {
  const wallMinute = (time) => (time - Date.parse(date)) / MINUTE_MS + IANAZone.create(zone).offset(time);
  return segments.map((times) => times.map(wallMinute));
}

function tableText(days) {
  const iso = (ms) => (ms === undefined ? '' : `${new Date(ms).toISOString().slice(0, 19)}Z`);
  const rows = days.map(({ date, segments: [first, second] }) => {
    const times = [first.open, (second ?? first).close, second && first.close, second?.open]; // open and close, then those of the break
    return [`${date}T00:00:00Z`, ...times.map(iso)].join(',');
  });
  return `${['date,open,close,break_start,break_end', ...rows].join('\n')}\n`;
}

/** The extended hours, `HH:MM`. The table's columns are the kind of day, the phase, its start and its end. */
function readExtendedHours(file) {
  const rows = readFileSync(file, 'utf8').trim().split('\n').slice(1).map((line) => line.split(',')); // prettier-ignore
  const find = (kind, phase) => rows.find((row) => row[0] === kind && row[1] === phase);
  return {
    open: find('regular', 'pre-market')[2],
    close: find('regular', 'after-hours')[3],
    earlyClose: find('early-close', 'after-hours')[3],
  };
}
