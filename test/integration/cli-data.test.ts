/** Commands that describe or compare stored data. */
import { certificateExample } from '@barkeep/api';
import { CommandFolder } from '../support/programs/command-folder.js';
import { createTestDatabase, queryDatabase, type TestDatabase } from '../support/setup/database.js';

/** The first line of a CSV file of bars. */
const BARS_HEADER = 'time,open,high,low,close,volume\n';
const project = new CommandFolder();

describe('barkeep compare', () => {
  it('fails when neither run has a finished day', async () => {
    const withoutDays = { ...certificateExample, days: [], complete: false };
    for (const name of ['a.json', 'b.json']) await project.write(name, JSON.stringify(withoutDays));
    const { code, stdout, stderr } = await project.barkeep(['compare', 'a.json', 'b.json']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('expected a finished day in a.json or b.json, was none');
    await project.write('b.json', JSON.stringify(certificateExample));
    expect(await project.barkeep(['compare', 'a.json', 'b.json'])).toMatchObject({ code: 1 }); // only one of them has a day
  });

  it('finds a session equal to itself when no "barkeep up" runs', async () => {
    await project.write('a.csv', `${BARS_HEADER}2024-03-04T14:30:00Z,10,10,10,10,1\n`);
    await project.barkeep(['import', 'a.csv', '--dataset', 'd', '--symbol', 'ACME']);
    const spec = { id: 'one', symbols: ['ACME'], start: '2024-03-04', end: '2024-03-04', backfill: [] };
    await project.write('one.json', JSON.stringify({ ...spec, source: { type: 'dataset', dataset: 'd' } }));
    expect(await project.barkeep(['run', 'one.json'])).toMatchObject({ code: 0 });
    const { code, stdout } = await project.barkeep(['compare', 'one', 'one', '--json']);
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { equal: true, equalDays: 1 }]);
  });
});

describe('commands about datasets', () => {
  let database: TestDatabase;
  beforeAll(async () => (database = await createTestDatabase()));
  afterAll(() => database.drop());

  it('list, show and pack a dataset in which another program has stored times that no bar has', async () => {
    const env = { DATABASE_URL: database.url };
    const barkeepJson = async (...args: string[]): Promise<unknown> =>
      JSON.parse((await project.barkeep([...args, '--json'], env)).stdout);
    const importOdd = () => project.barkeep(['import', 'odd.csv', '--dataset', 'odd', '--symbol', 'ACME'], env);
    const minutes = Array.from({ length: 10 }, (_, minute) => `2024-03-04T14:3${minute}:00Z,10,10,10,10,1\n`);
    await project.write('odd.csv', BARS_HEADER + minutes.join(''));
    await importOdd();
    const store = (time: string) =>
      queryDatabase(
        database.url,
        `INSERT INTO bars SELECT symbol_id, dataset_id, $1::timestamptz, 20, 20, 20, 20, 1 FROM bars LIMIT 1`,
        [time],
      );
    // The last one is of the year 56143, which milliseconds become that are read as seconds. A Date can hold it.
    const times = ['infinity', '-infinity', '280000-01-01Z', '56143-01-01Z'];
    for (const time of times) await store(time);
    const [first, last] = ['2024-03-04T14:30:00.000Z', '+056143-01-01T00:00:00.000Z'];
    const bars = minutes.length + times.length;
    expect(await barkeepJson('datasets')).toEqual({ datasets: [{ dataset: 'odd', symbols: 1, bars, first, last }] });
    expect(await barkeepJson('dataset', 'show', 'odd', '--calendar', 'XNYS')).toMatchObject({
      rows: bars,
      spacing: '1-minute',
      symbols: [{ symbol: 'ACME', first, last }],
      coverage: { outside: times.length },
      jumps: [{ symbol: 'ACME', time: last }],
    });
    expect(await barkeepJson('pack', 'odd', '--end', '2024-03-04')).toMatchObject({ days: 1, packed: 1, bars: 10 });
    expect(await importOdd()).toMatchObject({ code: 0 }); // every row is a duplicate
  });

  it('show rows, spacing, coverage by month, rows outside, conflicts and jumps, in at most 80 columns', async () => {
    const env = { DATABASE_URL: database.url };
    const importFile = async (name: string, rows: string[]): Promise<void> => {
      await project.write(name, BARS_HEADER + rows.join(''));
      await project.barkeep(['import', name, '--dataset', 'shown', '--symbol', 'ACME'], env);
    };
    const row = (minute: number, close: number): string =>
      `2024-03-04T14:${30 + minute}:00Z,10,${close},10,${close},${minute % 2}\n`;
    // The close jumps by 30 % in minute 7.
    const rows = Array.from({ length: 20 }, (_, minute) => row(minute, minute === 7 ? 13 : 10));
    const saturdayRow = '2024-03-09T14:30:00Z,10,10,10,10,1\n';
    await importFile('a.csv', [...rows, saturdayRow]);
    const conflictingRow = row(0, 11);
    await importFile('b.csv', [conflictingRow]);
    const { code, stdout } = await project.barkeep(['dataset', 'show', 'shown', '--calendar', 'XNYS', '--json'], env);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      rows: 21,
      days: 2,
      spacing: '1-minute',
      symbols: [{ symbol: 'ACME', rows: 21, first: '2024-03-04T14:30:00.000Z' }],
      // From 4 to 9 March there are five trading days.
      coverage: { outside: 1, months: [{ month: '2024-03', expected: 5 * 390, present: 20 }] },
      quarantined: { rows: 1, reasons: { conflict: 1 }, examples: [{ symbol: 'ACME', close: 11 }] },
      values: { anyPrices: false, withoutVolume: false },
    });
    const text = (await project.barkeep(['dataset', 'show', 'shown', '--calendar', 'XNYS'], env)).stdout;
    expect(text).toContain('30.00 %');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});
