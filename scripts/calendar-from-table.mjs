/**
 * Makes shipped calendars from tables of trading days: hours by rule, exceptions as data.
 *
 *   node scripts/calendar-from-table.mjs TABLES [CALENDARS]
 *
 * TABLES is a folder with a table for each calendar, such as xlon.csv: a row for each trading day,
 * `date,open,close,break_start,break_end`, in UTC; and us-extended-hours.csv. The calendars' files in the folder
 * CALENDARS (libs/bars/src/calendar/data by default) are rewritten: id, name, aliases, source and zone are read from
 * them, and their days before the table's first one stay. The result is compared with the table, so adding a year takes
 * this command and a review of the diff. A new calendar starts as a file with these fields and `"hours": []`.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { parseCalendar } from '@barkeep/bars';
import { calendarFileOf } from './calendar-periods.mjs';
import { readExtendedHours, readTable, tableText } from './calendar-table.mjs';

const DATA = fileURLToPath(new URL('../libs/bars/src/calendar/data', import.meta.url));

const [folder, target = DATA] = process.argv.slice(2);
if (!folder) throw new Error('expected: node scripts/calendar-from-table.mjs TABLES [CALENDARS]');

for (const file of readdirSync(folder).filter((name) => name.endsWith('.csv'))) {
  const path = join(target, file.replace('.csv', '.json'));
  if (!existsSync(path)) continue;
  const before = JSON.parse(readFileSync(path, 'utf8'));
  const table = readTable(join(folder, file), before.zone);
  const extended = before.hours[0]?.extended ? readExtendedHours(join(folder, 'us-extended-hours.csv')) : undefined;
  const calendar = calendarFileOf(before, table, extended);
  const made = parseCalendar(calendar).tradingDays(table[0].date, table.at(-1).date);
  const [expected, was] = [readFileSync(join(folder, file), 'utf8'), tableText(made)];
  if (was !== expected) throw new Error(`${path}: expected the days of ${file}, was another table`);
  writeFileSync(path, await format(JSON.stringify(calendar), { ...(await resolveConfig(DATA)), parser: 'json' }));
  const { hours, specialDays, holidays, firstDate, lastDate } = calendar;
  console.log(
    `${calendar.id}: ${firstDate} to ${lastDate}, ${made.length} days of the table, ${hours.length} rules, ` +
      `${specialDays.flatMap(({ dates }) => dates).length} special days, ${holidays.length} holidays`,
  );
}
