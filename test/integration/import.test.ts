/**
 * `barkeep import` as a user runs it, on a real PostgreSQL: what it stores, what it prints, and its exit codes.
 * I7, an invariant of docs/ARCHITECTURE.md: no invalid bar is stored, and each refused row is counted once, with its reason.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { zipSync } from 'fflate';
import { BARKEEP, runBarkeep } from '../support/programs/barkeep-command.js';
import type { ProgramRun } from '../support/programs/run-program.js';
import { createTestDatabase, queryDatabase, type TestDatabase } from '../support/setup/database.js';

const LEAN = join(__dirname, '../../../shared/data/lean');
const HEADER = 'time,symbol,open,high,low,close,volume\n';

/** 2024-03-04T14:30Z, epoch seconds. */
const OPEN_SECONDS = 1_709_562_600;
/** A CSV row of symbol A, `minute` minutes after the open. */
const row = (minute: number, close = 2): string => `${OPEN_SECONDS + 60 * minute},A,1,${close},1,${close},5\n`;
/** CSV rows of symbol A at these minutes. */
const rowsAt = (...minutes: number[]): string => minutes.map((minute) => row(minute)).join('');

let database: TestDatabase;
let folder: string;
beforeAll(async () => (database = await createTestDatabase()));
afterAll(() => database.drop());
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'barkeep-import-'))));
afterEach(() => rm(folder, { recursive: true }));

/** Runs `barkeep` in `folder`. */
function barkeep(...args: string[]): Promise<ProgramRun> {
  return runBarkeep(args, folder, { ...process.env, DATABASE_URL: database.url });
}

/** Writes a file into `folder`. @returns its name there */
async function put(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return name;
}

const query = (sql: string, values: unknown[] = []) => queryDatabase(database.url, sql, values);

/** The bars of a dataset, by time and symbol. */
const stored = (dataset: string): Promise<unknown[]> =>
  query(
    `SELECT s.name AS symbol, b.time, b.open, b.high, b.low, b.close, b.volume
     FROM bars b JOIN symbols s ON s.id = b.symbol_id JOIN datasets d ON d.id = b.dataset_id
     WHERE d.name = $1 ORDER BY b.time, s.name`,
    [dataset],
  );

describe('barkeep import', () => {
  it('I7 fails for bars of another interval than those of the dataset', async () => {
    const ones = await put('ones.csv', HEADER + rowsAt(0, 1, 2, 3));
    const fives = await put('fives.csv', HEADER + rowsAt(10, 15, 20, 25));
    const importOnes = (dataset: string) => barkeep('import', ones, '--dataset', dataset);
    const importFives = (dataset: string) => barkeep('import', fives, '--dataset', dataset, '--interval', '5m');
    expect((await importOnes('one')).code).toBe(0);
    const refused = await importFives('one');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('dataset one has 1-minute bars: import 5-minute bars into another dataset');
    expect(await stored('one')).toHaveLength(4);
    expect((await importFives('other')).code).toBe(0);
    expect((await importOnes('other')).stderr).toContain('has 5-minute bars');
    // Two rows are enough to give a dataset its interval.
    const two = await put('two.csv', HEADER + rowsAt(0, 1));
    expect((await barkeep('import', two, '--dataset', 'few')).code).toBe(0);
    expect((await importFives('few')).code).toBe(1);
  });

  it('warns when --symbol stores files as one symbol whose names differ in more than numbers and months', async () => {
    /** Imports files with these names as one symbol. @returns the warnings */
    const importOf = async (...names: string[]): Promise<string[]> => {
      // Each file has one row, on a day of its own.
      const files = names.map((name, n) =>
        put(name, `time,open,high,low,close,volume\n2024-03-0${n + 4}T14:30Z,1,2,1,2,5\n`),
      );
      const options = ['--dataset', 'names', '--symbol', 'SPY', '--dry-run', '--json'];
      const { stdout } = await barkeep('import', ...(await Promise.all(files)), ...options);
      return (JSON.parse(stdout) as { warnings: string[] }).warnings;
    };
    expect(await importOf('SPY_jan_2024.csv', 'SPY_feb_2024.csv')).toEqual([]);
    const [warning] = await importOf('AAPL/1m.csv', 'MSFT/1m.csv');
    expect(warning).toContain('AAPL/1m.csv and MSFT/1m.csv were stored as one symbol, SPY');
  });

  it('reads the files of a pattern in a folder whose name has brackets', async () => {
    const cwd = join(folder, dirname(await put('data [a-z] {1}/a.csv', HEADER + row(0))));
    const run = await runBarkeep(
      ['import', '../d*/*.csv', '*.csv', '--dataset', 'd', '--dry-run', '--json'],
      cwd,
      process.env,
    );
    expect(JSON.parse(run.stdout)).toMatchObject({ files: 1, accepted: 1 });
  });

  it('creates no dataset when it stores no row', async () => {
    const name = await put('bad.csv', `${HEADER}nonsense\n`);
    expect((await barkeep('import', name, '--dataset', 'none')).code).toBe(1);
    expect(await query('SELECT name FROM datasets WHERE name = $1', ['none'])).toEqual([]);
  });

  it('reports an error when its event loop runs empty before its end', async () => {
    const name = await put('a.csv', HEADER + row(0));
    // A call that never settles leaves nothing that keeps the process alive.
    const hang = await put('hang.cjs', "require('node:fs/promises').stat = () => new Promise(() => {});");
    const args = ['--require', join(folder, hang), BARKEEP, 'import', name, '--dataset', 'd', '--dry-run'];
    await expect(promisify(execFile)(process.execPath, args, { cwd: folder })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('stopped before its end') as string,
    });
  });

  it('I7 stores the good rows of a CSV file and reports the bad ones with file and line', async () => {
    const rows = [
      '2013-10-04T13:30:00Z,SPY,168.95,168.98,168.9,168.91,800',
      // Its high is below its low.
      '2013-10-04T13:31:00Z,SPY,168.95,168.0,168.9,168.91,800',
      'garbage \u0007 and more',
      '2013-10-04T13:32:00Z,SPY,1,2,1,2,0.5',
    ];
    const name = await put('spy.csv', HEADER + rows.join('\r\n'));
    const { code, stdout, stderr } = await barkeep('import', name, '--dataset', 'csv', '--format', 'csv', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      rows: 4,
      accepted: 2,
      refused: {
        rows: 2,
        reasons: { 'high-below-low': 1, 'missing-fields': 1 },
        first: [
          { file: 'spy.csv', line: 3, reason: 'high-below-low' },
          { file: 'spy.csv', line: 4, reason: 'missing-fields' },
        ],
      },
    });
    const first = { open: 168.95, high: 168.98, low: 168.9, close: 168.91, volume: 800 };
    const last = { open: 1, high: 2, low: 1, close: 2, volume: 0.5 };
    expect(await stored('csv')).toEqual([
      { symbol: 'SPY', time: new Date('2013-10-04T13:30Z'), ...first },
      { symbol: 'SPY', time: new Date('2013-10-04T13:32Z'), ...last },
    ]);
  });

  it('counts duplicates and conflicts when it is run again, and keeps what was stored', async () => {
    const first = await put('first.csv', HEADER + rowsAt(0, 1));
    // A duplicate of minute 0, another close of minute 1, and a new minute.
    const second = await put('second.csv', `${HEADER}${row(0)}${row(1, 3)}${row(2)}`);
    await barkeep('import', first, '--dataset', 'again', '--format', 'csv');
    const { code, stdout } = await barkeep('import', second, '--dataset', 'again', '--format', 'csv', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 3, accepted: 1, duplicate: 1, conflicting: 1 });
    expect(await stored('again')).toMatchObject([{ close: 2 }, { close: 2 }, { close: 2 }]);
  });

  it('with --strict exits with 2 when a row was refused, and still stores the others', async () => {
    const name = await put('x.csv', `${HEADER}${row(0)}nonsense\n`);
    const { code, stdout } = await barkeep('import', name, '--dataset', 'strict', '--format', 'csv', '--strict');
    expect(code).toBe(2);
    expect(stdout).toContain('x.csv:3 missing-fields');
    expect(await stored('strict')).toHaveLength(1);
    const clean = await put('clean.csv', `${HEADER}${row(1)}`);
    expect(await barkeep('import', clean, '--dataset', 'strict', '--strict')).toMatchObject({ code: 0 });
  });

  it('reports a damaged zip and a bad row of another, and stores the good rows', async () => {
    // Rows of Lean: ms after midnight in New York, prices times 10,000.
    const zip = zipSync({ 'x.csv': Buffer.from('34200000,10000,20000,10000,20000,5\n34260000,bad\n') });
    await put('equity/usa/minute/spy/20131004_trade.zip', zip);
    await put('equity/usa/minute/spy/20131007_trade.zip', zip.subarray(0, 40));
    await put('equity/usa/minute/spy/LICENSE.txt', 'not data');
    const options = ['--format', 'lean', '--strict', '--json'];
    const { code, stdout } = await barkeep('import', '.', '--dataset', 'zips', ...options);
    expect(code).toBe(2);
    const { first } = (JSON.parse(stdout) as { refused: { first: unknown[] } }).refused;
    expect(first).toMatchObject([
      { file: 'equity/usa/minute/spy/20131004_trade.zip!x.csv', line: 2, reason: 'missing-fields' },
      { file: 'equity/usa/minute/spy/20131007_trade.zip', line: 0, reason: 'unreadable-file' },
    ]);
    expect(await stored('zips')).toMatchObject([
      { symbol: 'SPY', time: new Date('2013-10-04T13:30Z'), open: 1, high: 2 },
    ]);
  });

  it('can be undone by "dataset rm", which fails when the dataset does not exist', async () => {
    await barkeep('import', await put('u.csv', `${HEADER}${row(0)}`), '--dataset', 'undo');
    expect(await barkeep('dataset', 'rm', 'undo')).toMatchObject({ code: 0, stdout: 'dataset undo removed, 1 bars\n' });
    const again = await barkeep('dataset', 'rm', 'undo');
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toContain('which does not exist');
  });

  it.each([
    [[], "required option '--dataset <name>' not specified"],
    [['--dataset', 'a/b'], '--dataset: expected letters'],
    [['--dataset', 'd', '--format', 'xml'], '--format: expected a name of "barkeep import --list-formats"'],
    [['--dataset', 'd', '--tz', 'Mars/Olympus'], 'expected an IANA time zone'],
    [['--dataset', 'd', '--columns', 'x'], '--columns: expected NAME=COLUMN'],
  ])('exits with 2 after wrong usage, and says what is wrong: %j', async (options, message) => {
    const outcome = await barkeep('import', '.', ...options);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toContain(message);
  });

  it('exits with 1 for a file that is missing or has no symbol, and says why', async () => {
    const gone = await barkeep('import', 'gone.csv', '--dataset', 'd');
    expect(gone).toMatchObject({ code: 1, stdout: '' });
    expect(gone.stderr).toContain('there is no such file');
    const withoutSymbol = await put('n.csv', 'time,o,h,l,c,v\n1709562600,1,1,1,1,1\n');
    const noSymbol = await barkeep('import', withoutSymbol, '--dataset', 'd');
    expect(noSymbol).toMatchObject({ code: 1 });
    expect(noSymbol.stdout).toContain('--symbol');
  });
});

const hasLean = existsSync(LEAN);
const itWithLean = hasLean ? it : it.skip;
const why = hasLean ? '' : ' (skipped: ../shared/data/lean is not there)';

itWithLean(`barkeep import reads the whole Lean folder as it is${why}`, async () => {
  const { code, stdout } = await barkeep('import', LEAN, '--dataset', 'lean', '--format', 'lean', '--strict', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    files: 29,
    rows: 23_397,
    accepted: 23_397,
    refused: { rows: 0, files: 0 },
  });
  const countBySymbol = await query(
    `SELECT s.name, count(*)::int AS bars FROM bars b JOIN symbols s ON s.id = b.symbol_id
     JOIN datasets d ON d.id = b.dataset_id WHERE d.name = 'lean' GROUP BY 1 ORDER BY 1`,
  );
  // The numbers of rows in the files of each symbol.
  const counts = { AAPL: 2303, BAC: 3466, BTCUSD: 3887, ETHUSD: 2449, IBM: 2566, LTCUSD: 3887, SPY: 4839 };
  expect(countBySymbol).toEqual(Object.entries(counts).map(([name, bars]) => ({ name, bars })));
});
