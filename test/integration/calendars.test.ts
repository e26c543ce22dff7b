/**
 * Compares every shipped calendar with the table that it was made from, day by day. The tables are not part of this
 * repository: where they are not there, one test prints that the comparison was skipped. The unit tests always check
 * known days.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DateTime } from 'luxon';
import { z } from 'zod';
import { calendarNamed, type Hours, type TradingDay } from '@barkeep/bars';

const ROOT = path.resolve(__dirname, '../..');
const DATA = path.join(ROOT, 'libs/bars/src/calendar/data');
const shared = path.resolve(ROOT, '../shared/data');
const tables = path.join(shared, 'calendars-2027');

/** Calendars with their own table. XNAS has the days of XNYS. */
const IDS = 'XNYS XLON XTKS XHKG XBOM XETR XPAR XAMS XSWX XMIL XTSE XASX XKRX XSHG XTAI XSES BVMF XJSE CMES FX'.split(
  ' ',
);

/** The unusual days of hard-days.json. */
const hardDays = z.array(
  z.object({
    calendar: z.string(),
    date: z.string(),
    segments: z.array(z.tuple([z.string(), z.string()])),
    why: z.string(),
  }),
);

/** The rows of a table without its header: date, open, close, break start, break end. Some tables write dates as midnights. */
function rowsOf(file: string): string[] {
  const lines = readFileSync(file, 'utf8').trim().split('\n').slice(1);
  return lines.map((line) => line.replace('T00:00:00Z,', ','));
}

const iso = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z');

/** A trading day as a row of a table. Without a break the last two cells are empty. */
function rowOf({ date, segments }: TradingDay): string {
  const [first, second] = segments;
  const times = [first?.open, segments.at(-1)?.close, second && first?.close, second?.open];
  return [date, ...times.map((ms) => (ms === undefined ? '' : iso(ms)))].join();
}

/** Rows of one list alone, and rows out of order: a short list, where a diff would print 8,000 lines. */
function differences(expected: readonly string[], actual: readonly string[]): string[] {
  const [expectedSet, actualSet] = [new Set(expected), new Set(actual)];
  return [
    ...expected.filter((row) => !actualSet.has(row)).map((row) => `missing: ${row}`),
    ...actual.filter((row) => !expectedSet.has(row)).map((row) => `too many: ${row}`),
    ...actual.filter((row, index) => index > 0 && row <= actual[index - 1]!).map((row) => `not in order: ${row}`),
  ];
}

/** The rows that a calendar gives for the dates from the first to the last of `rows`. */
function calendarRows(id: string, rows: readonly string[], hours: Hours = 'regular'): string[] {
  const [from, to] = [rows[0]!.slice(0, 10), rows.at(-1)!.slice(0, 10)];
  return calendarNamed(id).tradingDays(from, to, hours).map(rowOf);
}

/** The rows of XNYS with extended hours instead of regular ones: an early close ends the after-market earlier. */
function extendedRows(rows: readonly string[]): string[] {
  const phases = readFileSync(path.join(tables, 'us-extended-hours.csv'), 'utf8').split('\n');
  const columnsOf = (start: string) => phases.find((line) => line.startsWith(start))!.split(',');
  const open = columnsOf('regular,pre-market')[2]!;
  const close = columnsOf('regular,after-hours')[3]!;
  const earlyClose = columnsOf('early-close,after-hours')[3]!;
  const zone = 'America/New_York';
  return rows.map((row) => {
    const [date, _regularOpen, regularClose] = row.split(',');
    const localClose = DateTime.fromISO(regularClose!, { zone });
    const isEarly = localClose.toFormat('HH:mm') <= '14:00';
    const at = (time: string) => iso(DateTime.fromISO(`${date}T${time}`, { zone }).toMillis());
    return [date, at(open), at(isEarly ? earlyClose : close), '', ''].join();
  });
}

if (existsSync(tables)) {
  describe('calendars and tables of trading days', () => {
    /** More than eleven years; the shortest table has more. */
    const LEAST_DAYS = 2_900;

    it.each([...IDS, 'XNAS'])('%s has exactly the days, opens, closes and breaks of its table', (id) => {
      const rows = rowsOf(path.join(tables, `${(id === 'XNAS' ? 'XNYS' : id).toLowerCase()}.csv`));
      expect(rows.length).toBeGreaterThan(LEAST_DAYS);
      expect(differences(rows, calendarRows(id, rows))).toEqual([]);
    });

    it('XNYS has pre- and after-market on every day of its table', () => {
      const rows = rowsOf(path.join(tables, 'xnys.csv'));
      expect(differences(extendedRows(rows), calendarRows('XNYS', rows, 'extended'))).toEqual([]);
    });

    it('24/5 has the days of its table', () => {
      const rows = rowsOf(path.join(shared, 'calendars/24-5.csv'));
      expect(differences(rows, calendarRows('24/5', rows))).toEqual([]);
    });

    it('each of the 200 unusual days of hard-days.json has its segments', () => {
      const days = hardDays.parse(JSON.parse(readFileSync(path.join(tables, 'hard-days.json'), 'utf8')));
      const wrong = days.filter(({ calendar, date, segments }) => {
        const day = calendarNamed(calendar.toUpperCase()).tradingDay(date);
        const actual = day?.segments.map(({ open, close }) => [iso(open), iso(close)]) ?? [];
        return JSON.stringify(actual) !== JSON.stringify(segments);
      });
      expect(days).toHaveLength(200);
      expect(wrong).toEqual([]);
    });

    it('a calendar ends on the last day of its table or with that year', () => {
      for (const id of IDS) {
        const rows = rowsOf(path.join(tables, `${id.toLowerCase()}.csv`));
        const last = rows.at(-1)!.slice(0, 10);
        expect([last, `${last.slice(0, 4)}-12-31`]).toContain(calendarNamed(id).lastDate);
      }
    });

    it('the generator makes the shipped files from the tables', () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'barkeep-calendars-'));
      try {
        for (const file of readdirSync(DATA)) copyFileSync(path.join(DATA, file), path.join(folder, file));
        execFileSync('node', [path.join(ROOT, 'scripts/calendar-from-table.mjs'), tables, folder], { cwd: ROOT });
        const texts = (from: string) => readdirSync(DATA).map((file) => readFileSync(path.join(from, file), 'utf8'));
        expect(texts(folder)).toEqual(texts(DATA));
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  });
} else {
  const reason = `calendars were not compared with tables of trading days, because there is no folder ${tables}`;
  it(`SKIPPED: ${reason}`, () => {
    console.warn(`SKIPPED: ${reason}`);
  });
}
