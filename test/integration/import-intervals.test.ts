/**
 * `barkeep import` of bars longer than a minute. A slot is a place for a bar in a trading day: slots of an hour begin at the open,
 * so those of XNYS begin at 09:30, 10:30 and so on. A row that begins in between has no slot and is counted as outside.
 * I10, an invariant of docs/ARCHITECTURE.md: every row that an import reads is in one count.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runBarkeep } from '../support/programs/barkeep-command.js';
import { createTestDatabase, queryDatabase, type TestDatabase } from '../support/setup/database.js';

/** The open and the close of XNYS on 2024-03-04. */
const [OPEN, CLOSE] = [Date.UTC(2024, 2, 4, 14, 30), Date.UTC(2024, 2, 4, 21)];

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'barkeep-intervals-'));
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

const barkeep = (...args: string[]) => runBarkeep(args, folder, { ...process.env, DATABASE_URL: database.url });

/** Imports rows every `minutes` minutes from a time to the close. @returns what it prints */
async function imported(dataset: string, minutes: number, from: number) {
  const count = Math.ceil((CLOSE - from) / (minutes * 60_000));
  const rows = Array.from({ length: count }, (_, index) => {
    return `${new Date(from + index * minutes * 60_000).toISOString()},A,10,12,9,11,${100 + index}\n`;
  });
  await writeFile(join(folder, `${dataset}.csv`), `time,symbol,open,high,low,close,volume\n${rows.join('')}`);
  const options = ['--dataset', dataset, '--interval', `${minutes}m`, '--calendar', 'XNYS', '--json'];
  const { stdout } = await barkeep('import', `${dataset}.csv`, ...options);
  return JSON.parse(stdout) as { accepted: number; outside: number; warnings: string[] };
}

describe('bars longer than a minute', () => {
  it('I10 are counted as outside when they are not aligned to the open, as a session counts them', async () => {
    expect(await imported('aligned', 5, OPEN)).toMatchObject({ accepted: 78, outside: 0, warnings: [] });
    const shifted = await imported('shifted', 5, OPEN + 60_000);
    expect(shifted).toMatchObject({ accepted: 0, outside: 78 });
    expect(shifted.warnings[0]).toContain('bars of 5 minutes must be aligned to the open of XNYS');
    // From 15:00 UTC on. XNYS opens at 14:30 UTC, but its extended hours begin at 09:00 UTC and have slots at whole hours.
    const hours = await imported('hours', 60, OPEN + 30 * 60_000);
    expect(hours).toMatchObject({ accepted: 0, outside: 6 });
    expect(hours.warnings[0]).toContain('--hours extended');
  });

  it('are compared with slots of their interval in the coverage of a dataset', async () => {
    await imported('covered', 30, OPEN);
    const { stdout } = await barkeep('dataset', 'show', 'covered', '--calendar', 'XNYS', '--json');
    const { coverage } = JSON.parse(stdout) as { coverage: unknown };
    expect(coverage).toMatchObject({ share: 1, months: [{ month: '2024-03', expected: 13, present: 13 }] });
  });

  it('I10 whose times are closes are read with a calendar, which knows that the last one of a day is shorter', async () => {
    // When the bars of a day close: six after an hour each, and one after half an hour, from 20:30 to the close at 21:00.
    const hours = ['15:30', '16:30', '17:30', '18:30', '19:30', '20:30', '21:00'];
    const rows = ['04', '05'].flatMap((day) => hours.map((hour) => `2024-03-${day}T${hour}:00Z,A,10,12,9,11,5\n`));
    await writeFile(join(folder, 'closes.csv'), `time,symbol,open,high,low,close,volume\n${rows.join('')}`);
    const options = ['import', 'closes.csv', '--dataset', 'closes', '--interval', '1h', '--times', 'close', '--json'];
    const withoutCalendar = (await barkeep(...options)).stdout;
    expect(withoutCalendar).toContain(
      'if the bars before a close are shorter, give --calendar, which knows when they open',
    );
    const summary = JSON.parse((await barkeep(...options, '--calendar', 'XNYS')).stdout) as object;
    expect(summary).toMatchObject({ accepted: 14, outside: 0, warnings: [] });
    const opens = await queryDatabase<{ time: Date }>(
      database.url,
      'SELECT "time" FROM bars JOIN datasets d ON d.id = dataset_id WHERE d.name = $1 ORDER BY "time"',
      ['closes'],
    );
    const ofDay = ['14:30', '15:30', '16:30', '17:30', '18:30', '19:30', '20:30'];
    expect(opens.map(({ time }) => time.toISOString().slice(11, 16))).toEqual([...ofDay, ...ofDay]);
  });

  it.each(['1d', '24h'])('must be shorter than a day: --interval %s is refused', async (interval) => {
    const { code, stderr } = await barkeep('import', 'x.csv', '--dataset', 'daily', '--interval', interval);
    expect(code).toBe(2);
    expect(stderr).toContain(`--interval: expected whole minutes, less than a day, was "${interval}"`);
  });
});
