/**
 * Compares every shipped calendar with the table that it was made from, day by day. The tables are not part of this
 * repository: without them the tests are skipped. The unit tests always check known days.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DateTime } from 'luxon';
import { z } from 'zod';
import { calendarNamed, type TradingDay } from '@barkeep/bars';
import { describeOrSkip } from '../support/setup/describe-or-skip.js';

const ROOT = path.resolve(__dirname, '../..');
const SHIPPED_FILES = path.join(ROOT, 'libs/bars/src/calendar/data');
const SHARED_DATA = path.resolve(ROOT, '../shared/data');
const TABLES = path.join(SHARED_DATA, 'calendars-2027');
const skipReason = existsSync(TABLES) ? undefined : `there is no folder ${TABLES}`;

/** Calendars with their own table. */
const WITH_TABLE =
  'XNYS XLON XTKS XHKG XBOM XETR XPAR XAMS XSWX XMIL XTSE XASX XKRX XSHG XTAI XSES BVMF XJSE CMES FX'.split(' ');

/**
 * A trading day as a line of a table: `DATE,OPEN,CLOSE,BREAK_START,BREAK_END`, ISO 8601 in UTC. Without a break the last two are
 * empty.
 */
type Row = string;

/** The rows of a table, oldest first. Some tables write dates as midnights. */
function rowsOf(file: string): Row[] {
  const [, ...lines] = readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line) => line.replace(/^([-\d]+)T00:00:00Z/, '$1'));
}

/** The rows of a calendar's table. */
function tableOf(id: string): Row[] {
  return rowsOf(path.join(TABLES, `${id.toLowerCase()}.csv`));
}

const iso = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z');

function rowOf({ date, segments }: TradingDay): Row {
  const [first, second] = segments;
  const breakTimes = second ? [iso(first!.close), iso(second.open)] : ['', ''];
  return [date, iso(first!.open), iso(segments.at(-1)!.close), ...breakTimes].join();
}

const dateOf = (row: Row) => row.slice(0, '2024-01-01'.length);

/** The days of a calendar from the first to the last date of a table, as rows. */
function calendarRows(id: string, table: readonly Row[], hours: 'regular' | 'extended' = 'regular'): Row[] {
  const [first, last] = [dateOf(table[0]!), dateOf(table.at(-1)!)];
  return calendarNamed(id).tradingDays(first, last, hours).map(rowOf);
}

/** What is wrong with `actual`: rows that only one list has, and rows out of order. (A diff of the lists would print 8,000 lines.) */
function differences(expected: readonly Row[], actual: readonly Row[]): string[] {
  const [expectedSet, actualSet] = [new Set(expected), new Set(actual)];
  return [
    ...expected.filter((row) => !actualSet.has(row)).map((row) => `missing: ${row}`),
    ...actual.filter((row) => !expectedSet.has(row)).map((row) => `too many: ${row}`),
    ...actual.filter((row, index) => index > 0 && row <= actual[index - 1]!).map((row) => `not in order: ${row}`),
  ];
}

/** The rows of XNYS with extended hours instead of regular ones. An early close ends the after-market earlier. */
function withExtendedHours(table: readonly Row[]): Row[] {
  const phases = readFileSync(path.join(TABLES, 'us-extended-hours.csv'), 'utf8').split('\n');
  /** Start and end of a phase, local times. @param dayKindAndName the first two fields of its line, such as `regular,pre-market` */
  const phase = (dayKindAndName: string) => {
    const [, , start, end] = phases.find((line) => line.startsWith(dayKindAndName))!.split(',');
    return { start: start!, end: end! };
  };
  const open = phase('regular,pre-market').start;
  const close = phase('regular,after-hours').end;
  const earlyClose = phase('early-close,after-hours').end;
  const zone = 'America/New_York';
  return table.map((row) => {
    const [date, _regularOpen, regularClose] = row.split(',');
    const isEarly = DateTime.fromISO(regularClose!, { zone }).toFormat('HH:mm') <= '14:00';
    const at = (localTime: string) => iso(DateTime.fromISO(`${date}T${localTime}`, { zone }).toMillis());
    return [date, at(open), at(isEarly ? earlyClose : close), '', ''].join();
  });
}

/** The unusual days of the file hard-days.json. */
const hardDays = z.array(
  z.object({
    calendar: z.string(),
    date: z.string(),
    /** Empty when the venue is closed. */
    segments: z.array(z.tuple([z.string(), z.string()])),
    why: z.string(),
  }),
);

describeOrSkip('calendars and tables of trading days', skipReason, () => {
  it.each([...WITH_TABLE.map((id) => [id, id]), ['XNAS', 'XNYS']] as [string, string][])(
    '%s has exactly the days, opens, closes and breaks of the table %s',
    (id, tableId) => {
      const table = tableOf(tableId);
      // Eleven years have fewer trading days, and every table covers more than eleven years.
      expect(table.length).toBeGreaterThan(2_900);
      expect(differences(table, calendarRows(id, table))).toEqual([]);
    },
  );

  it('XNYS has pre- and after-market on every day of its table', () => {
    const table = tableOf('XNYS');
    expect(differences(withExtendedHours(table), calendarRows('XNYS', table, 'extended'))).toEqual([]);
  });

  it('24/5 has the days of its table', () => {
    const table = rowsOf(path.join(SHARED_DATA, 'calendars/24-5.csv'));
    expect(differences(table, calendarRows('24/5', table))).toEqual([]);
  });

  it('each of the 200 unusual days of hard-days.json has its segments', () => {
    const days = hardDays.parse(JSON.parse(readFileSync(path.join(TABLES, 'hard-days.json'), 'utf8')));
    const wrong = days.filter(({ calendar, date, segments }) => {
      const day = calendarNamed(calendar.toUpperCase()).tradingDay(date);
      const actual = day?.segments.map(({ open, close }) => [iso(open), iso(close)]) ?? [];
      return JSON.stringify(actual) !== JSON.stringify(segments);
    });
    expect(days).toHaveLength(200);
    expect(wrong).toEqual([]);
  });

  it.each(WITH_TABLE)('%s ends on the last day of its table or with that year', (id) => {
    const last = dateOf(tableOf(id).at(-1)!);
    expect([last, `${last.slice(0, 4)}-12-31`]).toContain(calendarNamed(id).lastDate);
  });

  it('the generator makes the shipped files from the tables', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'barkeep-calendars-'));
    try {
      // The generator takes some fields from the files that it replaces, so it gets copies of the shipped ones.
      const files = readdirSync(SHIPPED_FILES);
      for (const file of files) copyFileSync(path.join(SHIPPED_FILES, file), path.join(folder, file));
      execFileSync('node', [path.join(ROOT, 'scripts/calendar-from-table.mjs'), TABLES, folder], { cwd: ROOT });
      const textsIn = (parent: string) => files.map((file) => readFileSync(path.join(parent, file), 'utf8'));
      expect(textsIn(folder)).toEqual(textsIn(SHIPPED_FILES));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
