/** A file of a million rows into a dataset by `barkeep import`, as a user runs it, its start and its VACUUM included. */
import { BarEntity, createDataSource, migrate } from '@barkeep/bar-repository';
import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { from } from 'pg-copy-streams';
import { seeded } from '../harness/market.mjs';

const ROWS = 1_000_000;
/** Saved one million at a time it would take ten minutes: so many show the rate. */
const SAVED_ROWS = 10_000;
const SAVED_AT_ONCE = 1_000;
const START = Date.UTC(2022, 0, 1);
const CLI = join(import.meta.dirname, '../../apps/cli/bin/barkeep.js');

export default {
  id: 'S11',
  title:
    'import: 1 M rows of CSV by `barkeep import`; limit: COPY FROM of the same file into a table with the same key; baseline: TypeORM save',
  unit: 'rows/s',
  targets: { ratioToLimit: 0.4 },
  async prepare(bench) {
    const file = join(bench.folder, 'rows.csv');
    await writeRows(file);
    const { url, drop } = await ownDatabase(bench);
    const dataSource = await createDataSource(url).initialize();
    await migrate(dataSource);
    await dataSource.query(
      `CREATE TABLE plain_bars (LIKE bars INCLUDING INDEXES);
       ALTER TABLE plain_bars ALTER symbol_id SET DEFAULT 1, ALTER dataset_id SET DEFAULT 1`,
    );
    const meter = await bench.cpuMeter();
    const timed = (rows, work) => async () => {
      await dataSource.query('TRUNCATE bars, plain_bars');
      await dataSource.query('CHECKPOINT');
      meter.reset();
      const startedAt = performance.now();
      await work();
      const sample = { rate: rows / ((performance.now() - startedAt) / 1000), cpu: meter.seconds() };
      const [{ count }] = await dataSource.query(
        'SELECT (SELECT count(*) FROM bars) + (SELECT count(*) FROM plain_bars) AS count',
      );
      if (Number(count) !== rows) throw new Error(`expected ${rows} rows, was ${count}`);
      return sample;
    };
    return {
      value: timed(ROWS, () => runImport(url, file)),
      limit: timed(ROWS, () => copyFile(url, file)),
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

async function writeRows(file) {
  const random = seeded(11);
  function* lines() {
    yield 'time,open,high,low,close,volume\n';
    let cents = 10_000;
    for (let at = 0; at < ROWS;) {
      let text = '';
      for (const end = Math.min(at + 10_000, ROWS); at < end; at++) {
        const open = cents;
        cents = Math.max(100, cents + Math.floor(random() * 21) - 10);
        const [high, low] = [Math.max(open, cents) + 3, Math.min(open, cents) - 3];
        const time = new Date(START + at * 60_000).toISOString();
        text += `${time},${open / 100},${high / 100},${low / 100},${cents / 100},${Math.floor(random() * 10_000)}\n`;
      }
      yield text;
    }
  }
  await pipeline(lines, createWriteStream(file));
}

/** A second database, which is emptied between samples. */
async function ownDatabase(bench) {
  const name = 'bench_import';
  const dataSource = await bench.dataSource();
  const drop = () => dataSource.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await drop();
  await dataSource.query(`CREATE DATABASE ${name}`);
  const url = new URL((await bench.services()).databaseUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop };
}

async function runImport(url, file) {
  const args = [CLI, 'import', file, '--dataset', 'bench', '--symbol', 'AAA', '--json'];
  await promisify(execFile)(process.execPath, args, { env: { PATH: process.env.PATH, DATABASE_URL: url } });
}

async function copyFile(url, file) {
  const client = new Client({ connectionString: url });
  await client.connect();
  const columns = '"time", open, high, low, close, volume';
  await pipeline(
    createReadStream(file, { highWaterMark: 1 << 18 }),
    client.query(from(`COPY plain_bars (${columns}) FROM STDIN (FORMAT csv, HEADER)`)),
  );
  await client.end();
}

async function save(dataSource) {
  const bars = dataSource.getRepository(BarEntity);
  for (let at = 0; at < SAVED_ROWS; at += SAVED_AT_ONCE) {
    const rows = Array.from({ length: SAVED_AT_ONCE }, (_, i) =>
      bars.create({
        datasetId: 1,
        symbolId: 1,
        time: new Date(START + (at + i) * 60_000),
        open: 1,
        high: 1,
        low: 1,
        close: 1,
        volume: 1,
      }),
    );
    await bars.save(rows);
  }
}
