/** Commands that describe or compare stored data. */
import { certificateExample } from '@barkeep/api';
import { CommandFolder } from '../support/programs/command-folder.js';
import { createTestDatabase, type TestDatabase } from '../support/setup/database.js';

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

describe('barkeep dataset show', () => {
  let database: TestDatabase;
  beforeAll(async () => (database = await createTestDatabase()));
  afterAll(() => database.drop());

  it('shows rows, spacing, coverage by month, rows outside, conflicts and jumps, in at most 80 columns', async () => {
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
