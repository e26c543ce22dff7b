/**
 * `barkeep import --complete`: which days of a file it declares complete. On a complete day a minute without a bar had no trade.
 *
 * A bar declares its date in the zone of the file. With --calendar it declares it only if this is also the date of its trading day.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runBarkeep } from '../support/programs/barkeep-command.js';
import { createTestDatabase, queryDatabase, type TestDatabase } from '../support/setup/database.js';

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'barkeep-complete-'));
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

/** A CSV file with a row for each minute of `[from, to)`, epoch ms. It has the times of UTC, but names no zone. */
function rowsOf(from: number, to: number): string {
  const rows = Array.from({ length: (to - from) / 60_000 }, (_, index) => {
    const time = new Date(from + index * 60_000).toISOString().slice(0, 19).replace('T', ' ');
    return `${time},10,12,9,11,${100 + index}\n`;
  });
  return `timestamp,open,high,low,close,volume\n${rows.join('')}`;
}

/** Imports files into a new dataset with --complete. @param files their contents by name */
async function importComplete(dataset: string, files: Record<string, string>, ...options: string[]) {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const args = ['import', ...Object.keys(files), '--dataset', dataset, '--symbol', 'A', '--complete', ...options];
  return runBarkeep(args, folder, { ...process.env, DATABASE_URL: database.url });
}

/** The dates that a dataset is complete for. */
async function completeDates(dataset: string): Promise<unknown[]> {
  const rows = await queryDatabase<{ date: string }>(
    database.url,
    `SELECT to_char(date, 'YYYY-MM-DD') AS date FROM complete_days JOIN datasets d ON d.id = dataset_id
     WHERE d.name = $1 ORDER BY 1`,
    [dataset],
  );
  return rows.map(({ date }) => date);
}

describe('barkeep import --complete', () => {
  it('declares the dates of the rows in the zone of the file', async () => {
    // The first row is on 5 December in UTC.
    const rows = '2013-12-04 19:30,1,1,1,1,1\n2013-12-05 09:30,1,1,1,1,1\n';
    const files = { 'late.csv': `time,open,high,low,close,volume\n${rows}` };
    expect(await importComplete('local', files, '--tz', 'America/New_York')).toMatchObject({ code: 0 });
    expect(await completeDates('local')).toEqual(['2013-12-04', '2013-12-05']);
  });

  it('with --calendar declares the trading day, which may begin on the date before in UTC', async () => {
    // The first and the last minute of 5 March in Sydney.
    const rows = '2024-03-04T23:00Z,1,1,1,1,1\n2024-03-05T04:59Z,1,1,1,1,1\n';
    const files = { 'sydney.csv': `time,open,high,low,close,volume\n${rows}` };
    expect(await importComplete('sydney', files, '--calendar', 'XASX')).toMatchObject({ code: 0 });
    expect(await completeDates('sydney')).toEqual(['2024-03-05']);
  });

  it('declares the date in the zone of a recognised format, although the evening has the next date in UTC', async () => {
    // FirstRate has the time of New York. 19:59 of 7 March is 00:59 of 8 March in UTC.
    const text = rowsOf(Date.UTC(2024, 2, 7, 4), Date.UTC(2024, 2, 7, 20));
    const { code, stdout } = await importComplete('firstrate', { 'AAPL_1min_firstratedata.csv': text }, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ understood: [{ format: 'firstrate', zone: 'America/New_York' }] });
    expect(await completeDates('firstrate')).toEqual(['2024-03-07']);
  });

  it('refuses files of two zones, because they have no common dates, and stores nothing', async () => {
    // Both have the same rows. The name of the first file is that of FirstRate, in New York; the other file counts as UTC.
    const text = rowsOf(Date.UTC(2024, 2, 7, 9, 30), Date.UTC(2024, 2, 7, 16));
    const files = { 'AAPL_1min_firstratedata.csv': text, 'other.csv': text };
    const { code, stderr } = await importComplete('zones', files);
    expect(code).toBe(2);
    expect(stderr).toContain('--complete: expected files of one time zone, was America/New_York, UTC');
    expect(await queryDatabase(database.url, `SELECT FROM datasets WHERE name = 'zones'`)).toEqual([]);
  });

  it('with --calendar declares no date for an evening that belongs to the next trading day', async () => {
    // Trading days of CMES begin at 17:00 in Chicago on the evening before, and end at 16:00.
    const mondayOpens = Date.UTC(2024, 2, 3, 23); // Sunday 3 March, 17:00 in Chicago
    const mondayCloses = Date.UTC(2024, 2, 4, 22); // Monday, 16:00
    const tuesdayOpens = Date.UTC(2024, 2, 4, 23); // Monday, 17:00
    const fileEnds = Date.UTC(2024, 2, 5, 0); // Monday, 18:00: the rest of Tuesday's trading day is in no file
    const files = { 'es.csv': rowsOf(mondayOpens, mondayCloses), 'evening.csv': rowsOf(tuesdayOpens, fileEnds) };
    expect(await importComplete('futures', files, '--calendar', 'CMES', '--tz', 'UTC')).toMatchObject({ code: 0 });
    // The bars of both evenings (in UTC: those from 23:00 on) have another date than their trading day, so they declare none.
    expect(await completeDates('futures')).toEqual(['2024-03-04']);
  });

  it('with --calendar declares only the regular hours when it leaves out the rows of extended hours', async () => {
    // New York, 08:00 to 18:00.
    const files = { 'day.csv': rowsOf(Date.UTC(2024, 2, 4, 13), Date.UTC(2024, 2, 4, 23)) };
    const isRegularOnly = (dataset: string) =>
      queryDatabase(
        database.url,
        'SELECT regular_only FROM complete_days JOIN datasets d ON d.id = dataset_id WHERE d.name = $1',
        [dataset],
      );
    await importComplete('regular', files, '--calendar', 'XNYS');
    await importComplete('extended', files, '--calendar', 'XNYS', '--hours', 'extended');
    await importComplete('whole', files);
    expect(await isRegularOnly('regular')).toEqual([{ regular_only: true }]);
    expect(await isRegularOnly('extended')).toEqual([{ regular_only: false }]);
    expect(await isRegularOnly('whole')).toEqual([{ regular_only: false }]);
  });

  it('warns that the minutes of refused rows count as minutes without a trade', async () => {
    const text = rowsOf(Date.UTC(2024, 2, 4, 14, 30), Date.UTC(2024, 2, 4, 14, 40));
    const { stdout } = await importComplete('refused', { 'a.csv': `${text}2024-03-04 14:40:00,10,9,11,10,5\n` });
    expect(stdout).toContain('--complete: the minutes of the 1 refused row(s) count as minutes without a trade');
    const { stdout: clean } = await importComplete('clean', { 'a.csv': text });
    expect(clean).not.toContain('warning');
  });
});
