/** How fast `barkeep import` stores a file of a million rows, as a user runs it, including its start and its VACUUM. */
import { createDataSource, migrate } from '@barkeep/bar-repository';
import { MINUTE_MS } from '@barkeep/bars';
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { from } from 'pg-copy-streams';
import { EntitySchema } from 'typeorm';
import { FORMATS, OWN_FORMAT, START, writeRows } from '../harness/import-files.mjs';

const ROWS = 1_000_000;
/** Rows of the baseline. TypeORM would take ten minutes to save a million rows; fewer rows show the same rate. */
const SAVED_ROWS = 10_000;
const SAVED_AT_ONCE = 1_000;
const CLI = join(import.meta.dirname, '../../apps/cli/bin/barkeep.js');

const VALUES = ['open', 'high', 'low', 'close', 'volume'];
const STORED_BAR = new EntitySchema({
  name: 'bars',
  columns: {
    symbol_id: { type: 'integer', primary: true },
    dataset_id: { type: 'smallint', primary: true },
    time: { type: 'timestamptz', primary: true },
    ...Object.fromEntries(VALUES.map((name) => [name, { type: 'double precision' }])),
  },
});

export default {
  id: 'S11',
  title: [
    'import: 1 M rows of CSV by `barkeep import`',
    'limit: COPY FROM of the same file into a table with the same key',
    'baseline: TypeORM save',
    'other arms: as many rows in the format of the vendor or program that the arm is named after',
  ].join('; '),
  unit: 'rows/s',
  targets: {
    ratioToLimit: 0.4,
    others: Object.fromEntries(Object.keys(FORMATS).map((name) => [name, { ratioToLimit: 0.4 }])),
  },
  async prepare(bench) {
    const pathOf = ({ file }) => join(bench.folder, file);
    for (const format of [OWN_FORMAT, ...Object.values(FORMATS)]) await writeRows(pathOf(format), ROWS, format);
    const { url, drop } = await ownDatabase(bench);
    const dataSource = await createDataSource(url)
      .setOptions({ entities: [STORED_BAR] })
      .initialize();
    await migrate(dataSource);
    await dataSource.query(
      `CREATE TABLE plain_bars (LIKE bars INCLUDING INDEXES);
       ALTER TABLE plain_bars ALTER symbol_id SET DEFAULT 1, ALTER dataset_id SET DEFAULT 1`,
    );
    const meter = await bench.cpuMeter();
    // Makes an arm: it measures `work`, which stores `rows` rows in one of two empty tables.
    const timed = (rows, work) => async () => {
      await dataSource.query('TRUNCATE bars, plain_bars');
      await dataSource.query('CHECKPOINT');
      const sample = await meter.sample(rows, work);
      const [{ count }] = await dataSource.query(
        'SELECT (SELECT count(*) FROM bars) + (SELECT count(*) FROM plain_bars) AS count',
      );
      if (Number(count) !== rows) throw new Error(`expected ${rows} rows, was ${count}`);
      return sample;
    };
    return {
      value: timed(ROWS, () => runImport(url, pathOf(OWN_FORMAT))),
      others: Object.fromEntries(
        Object.entries(FORMATS).map(([name, format]) => [
          name,
          timed(ROWS, () => runImport(url, pathOf(format), '--format', name)),
        ]),
      ),
      limit: timed(ROWS, () => copyFile(url, pathOf(OWN_FORMAT))),
      // Slow: it runs in the first round only.
      baseline: Object.assign(
        timed(SAVED_ROWS, () => save(dataSource)),
        { rounds: 1 },
      ),
      close: async () => {
        await dataSource.destroy();
        await drop();
      },
    };
  },
};

/** A database for this scenario alone, because samples start with empty tables. */
async function ownDatabase(bench) {
  const name = 'bench_import';
  const dataSource = bench.dataSource;
  const drop = () => dataSource.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await drop();
  await dataSource.query(`CREATE DATABASE ${name}`);
  const url = new URL(bench.services.databaseUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop };
}

async function runImport(url, file, ...options) {
  const args = [CLI, 'import', file, '--dataset', 'bench', '--symbol', 'AAA', '--json', ...options];
  await promisify(execFile)(process.execPath, args, { env: { PATH: process.env.PATH, DATABASE_URL: url } });
}

/** Sends a file to `COPY FROM`, which parses it. */
async function copyFile(url, file) {
  const client = new Client({ connectionString: url });
  await client.connect();
  const columns = '"time", open, high, low, close, volume';
  await pipeline(
    createReadStream(file, { highWaterMark: 256 * 1024 }),
    client.query(from(`COPY plain_bars (${columns}) FROM STDIN (FORMAT csv, HEADER)`)),
  );
  await client.end();
}

/** Saves {@link SAVED_ROWS} bars by TypeORM, as most programs would. */
async function save(dataSource) {
  const bars = dataSource.getRepository(STORED_BAR);
  for (let at = 0; at < SAVED_ROWS; at += SAVED_AT_ONCE) {
    const rows = Array.from({ length: SAVED_AT_ONCE }, (_, i) => {
      const time = new Date(START + (at + i) * MINUTE_MS);
      return bars.create({ dataset_id: 1, symbol_id: 1, time, open: 1, high: 1, low: 1, close: 1, volume: 1 });
    });
    await bars.save(rows);
  }
}
