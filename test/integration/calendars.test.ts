/**
 * Every shipped calendar against recorded trading days, row by row, both ways: no day too many, none missing.
 * The recordings are not part of this repository. Without them one test says so; the unit tests hold known days in any case.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DateTime } from 'luxon';
import { z } from 'zod';
import { type Hours, type TradingDay, calendarNamed } from '@barkeep/bars';

const folder = path.resolve(__dirname, '../../../shared/data/calendars');

/** Calendar id, file of its recorded days. */
const recordings = [
  ['XNYS', 'xnys.csv'],
  ['XNAS', 'xnys.csv'],
  ['XLON', 'xlon.csv'],
  ['XTKS', 'xtks.csv'],
  ['XHKG', 'xhkg.csv'],
  ['XBOM', 'xbom.csv'],
  ['CMES', 'cmes.csv'],
  ['24/5', '24-5.csv'],
  ['24/7', '24-7.csv'],
] as const;

const usEquityHours = z.object({
  timeZone: z.string(),
  premarket: z.tuple([z.string(), z.string()]),
  market: z.tuple([z.string(), z.string()]),
  postmarket: z.tuple([z.string(), z.string()]),
  holidays: z.array(z.string()),
  earlyCloses: z.record(z.string(), z.string()),
});

function recordedRows(file: string): string[] {
  const lines = readFileSync(path.join(folder, file), 'utf8').trim().split('\n').slice(1);
  return lines.map((line) => line.replace('T00:00:00Z,', ','));
}

/** A trading day in the form of a recorded row: date, open, close, break start, break end. */
function rowOf({ date, segments }: TradingDay): string {
  const [first, second] = segments;
  const isBroken = second !== undefined;
  const times = [first?.open, segments.at(-1)?.close, isBroken ? first?.close : undefined, second?.open];
  return [
    date,
    ...times.map((ms) => (ms === undefined ? '' : new Date(ms).toISOString().replace('.000Z', 'Z'))),
  ].join();
}

/** What a row-by-row comparison finds; a short list is easier to read than two texts of 8,000 lines. */
function differences(expected: readonly string[], actual: readonly string[]): string[] {
  const [expectedSet, actualSet] = [new Set(expected), new Set(actual)];
  return [
    ...expected.filter((row) => !actualSet.has(row)).map((row) => `missing: ${row}`),
    ...actual.filter((row) => !expectedSet.has(row)).map((row) => `too many: ${row}`),
    ...actual.filter((row, index) => row <= (actual[index - 1] ?? '')).map((row) => `not in order: ${row}`),
  ];
}

/** Rows that the hours file stands for. As in its source, an early close ends the day, the after-market with it. */
function rowsOfHoursFile(from: string, to: string, kind: Hours): string[] {
  const file = usEquityHours.parse(JSON.parse(readFileSync(path.join(folder, 'us-equity-hours.json'), 'utf8')));
  const [open, close] = kind === 'regular' ? file.market : [file.premarket[0], file.postmarket[1]];
  const rows: string[] = [];
  for (let day = DateTime.fromISO(from, { zone: 'utc' }); day <= DateTime.fromISO(to, { zone: 'utc' });) {
    const date = day.toFormat('yyyy-MM-dd');
    const at = (time: string) => DateTime.fromISO(`${date}T${time}`, { zone: file.timeZone }).toMillis();
    if (day.weekday <= 5 && !file.holidays.includes(date)) {
      rows.push(rowOf({ date, segments: [{ open: at(open), close: at(file.earlyCloses[date] ?? close) }] }));
    }
    day = day.plus({ days: 1 });
  }
  return rows;
}

if (existsSync(folder)) {
  describe('calendars and recorded trading days', () => {
    it.each(recordings)('%s has exactly the days, opens, closes and breaks of %s', (id, file) => {
      const rows = recordedRows(file);
      const [from, to] = [rows[0]?.slice(0, 10) ?? '', rows.at(-1)?.slice(0, 10) ?? ''];
      expect(rows.length).toBeGreaterThan(200);
      expect(differences(rows, calendarNamed(id).tradingDays(from, to).map(rowOf))).toEqual([]);
    });

    it.each(['regular', 'extended'] as const)(
      'XNYS has the %s hours of us-equity-hours.json from 2023-01-14 on',
      (kind) => {
        const xnys = calendarNamed('XNYS');
        const rows = rowsOfHoursFile('2023-01-14', xnys.lastDate, kind);
        expect(rows.length).toBeGreaterThan(1490);
        expect(differences(rows, xnys.tradingDays('2023-01-14', xnys.lastDate, kind).map(rowOf))).toEqual([]);
      },
    );

    it('no calendar begins after or ends before its recorded days', () => {
      for (const [id, file] of recordings) {
        const [rows, calendar] = [recordedRows(file), calendarNamed(id)];
        expect(calendar.firstDate <= (rows[0] ?? '').slice(0, 10)).toBe(true);
        expect(calendar.lastDate >= (rows.at(-1) ?? '').slice(0, 10)).toBe(true);
      }
    });
  });
} else {
  const reason = `calendars were not compared with recorded trading days, as there is no folder ${folder}`;
  it(`SKIPPED: ${reason}`, () => {
    console.warn(`SKIPPED: ${reason}`);
  });
}
