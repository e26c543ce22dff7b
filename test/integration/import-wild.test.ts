/**
 * Imports files of minute bars as vendors and exchanges write them, with the options of docs/import.md. The files are not part of
 * this repository: without them the tests are skipped.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BARKEEP } from '../support/programs/barkeep-command.js';
import { createTestDatabase, queryDatabase, type TestDatabase } from '../support/setup/database.js';
import { describeOrSkip } from '../support/setup/describe-or-skip.js';

const WILD = join(__dirname, '../../../shared/data/wild');
const skipReason = existsSync(WILD) ? undefined : 'there is no folder ../shared/data/wild beside the checkout';

/** The part of the printed summary that these tests check. */
interface Summary {
  accepted: number;
  refused: { rows: number; files: number };
  understood: { format: string; times: string }[];
  warnings: string[];
}

describeOrSkip('files as people have them', skipReason, () => {
  let database: TestDatabase;
  beforeAll(async () => (database = await createTestDatabase()));
  afterAll(() => database.drop());

  /** Runs a command with `--json`. @returns what it prints @throws an error with `stdout` when the command fails */
  async function barkeep(...args: string[]): Promise<unknown> {
    const env = { ...process.env, DATABASE_URL: database.url };
    return JSON.parse((await promisify(execFile)(process.execPath, [BARKEEP, ...args, '--json'], { env })).stdout);
  }

  /** Imports a file of WILD. @returns the printed summary @throws as {@link barkeep} */
  async function imported(dataset: string, file: string, ...options: string[]): Promise<Summary> {
    return (await barkeep('import', join(WILD, file), '--dataset', dataset, ...options)) as Summary;
  }

  /** Selects aggregates over a dataset's bars. Each bar also has `previous`, the time of the bar before it. */
  async function select(dataset: string, aggregates: string): Promise<Record<string, unknown>> {
    const bars = `SELECT b.*, lag("time") OVER (ORDER BY "time") AS previous
      FROM bars b JOIN datasets d ON d.id = b.dataset_id WHERE d.name = $1`;
    const [row] = await queryDatabase(database.url, `SELECT ${aggregates} FROM (${bars}) AS x`, [dataset]);
    return row!;
  }

  const COUNT = 'count(*)::int AS bars';
  const FIRST = 'min("time") AS first';
  const LAST = 'max("time") AS last';
  const GAPS = `count(*) FILTER (WHERE "time" - previous > '1 min')::int AS gaps`;
  const NOTHING_REFUSED = { rows: 0, files: 0 };

  it('a CME future whose times are closes is warned of, and with --times close stored at its opens', async () => {
    const file = '6EH4.XCME_1min_bars_20240101_20240131.csv.gz';
    const dryRun = await imported('cme', file, '--symbol', '6EH4', '--dry-run');
    expect(dryRun.warnings.join()).toContain('--times close');
    expect((await imported('cme', file, '--symbol', '6EH4', '--times', 'close')).refused).toMatchObject(
      NOTHING_REFUSED,
    );
    expect(await select('cme', `${COUNT}, ${FIRST}, ${LAST}`)).toEqual({
      bars: 29_996,
      first: new Date('2024-01-01T23:00Z'),
      last: new Date('2024-01-31T23:58Z'),
    });
    const { coverage } = (await barkeep('dataset', 'show', 'cme', '--calendar', 'CMES')) as {
      coverage: { months: { month: string; expected: number; present: number }[] };
    };
    // January lacks only the few minutes without a trade. Of February the file has just the first hour, so it is not checked.
    const [january] = coverage.months;
    expect(january).toMatchObject({ month: '2024-01', expected: 30_120 });
    expect(january!.present / january!.expected).toBeGreaterThan(0.985);
  });

  it('a perpetual whose times are closes is stored in every minute with --times close', async () => {
    const options = ['--symbol', 'BTC-PERP', '--times', 'close'];
    const summary = await imported('perp', 'btc-perp-20211231-20220201_1m.csv.gz', ...options);
    expect(summary).toMatchObject({ accepted: 45_031, refused: NOTHING_REFUSED });
    expect(await select('perp', `${COUNT}, ${FIRST}`)).toEqual({ bars: 45_031, first: new Date('2021-12-31T23:00Z') });
  });

  it('currency bars without a volume get volume 0 with --volume none', async () => {
    const summary = await imported('fx', 'gbpusd-m1-bid-2012.csv', '--symbol', 'GBPUSD', '--volume', 'none');
    expect(summary).toMatchObject({ accepted: 30_117, refused: NOTHING_REFUSED });
    expect(await select('fx', `sum(volume)::int AS volume, ${FIRST}`)).toEqual({
      volume: 0,
      first: new Date('2012-02-01T00:00Z'),
    });
  });

  it('a header with one name for two columns is refused, and the options in the refusal import the file', async () => {
    const file = '2006-volume-min-001.txt.gz';
    const refusal = await imported('eu', file, '--symbol', 'FESX').catch((error: unknown) => error);
    // The refusal suggests options, in which column 7 is the volume.
    const { stdout } = refusal as { stdout: string };
    const printedOptions = /--skip-lines \S+ --no-header --columns \S+volume=7/.exec(stdout)?.[0].split(' ') ?? [];
    const ownOptions = ['--symbol', 'FESX', '--times', 'close', '--tz', 'Europe/Berlin'];
    expect(await imported('eu', file, ...printedOptions, ...ownOptions)).toMatchObject({
      accepted: 30_889,
      refused: NOTHING_REFUSED,
    });
    expect(await select('eu', `${COUNT}, ${FIRST}`)).toEqual({ bars: 30_889, first: new Date('2006-01-02T08:00Z') });
  });

  it('arrays of freqtrade and Bitfinex are read in the column order of each', async () => {
    expect(await imported('freq', 'UNITTEST_BTC-1m.json')).toMatchObject({
      accepted: 13_681,
      understood: [{ format: 'freqtrade' }],
    });
    expect(await select('freq', `${COUNT}, ${GAPS}`)).toEqual({ bars: 13_681, gaps: 538 });
    const bitfinex = await imported('bfx', 'bitfinex-neousd-2019-01-01.json', '--symbol', 'NEOUSD');
    expect(bitfinex).toMatchObject({ accepted: 53, refused: NOTHING_REFUSED, understood: [{ format: 'bitfinex' }] });
    const second = `(array_agg(concat_ws(' ', open, high, low, close) ORDER BY "time"))[2] AS second`;
    expect(await select('bfx', second)).toEqual({ second: '7.6659 7.6659 7.6502 7.6502' });
  });
});
