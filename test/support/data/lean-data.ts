/**
 * Real minute bars for a test: QuantConnect Lean's sample data, from a folder next to the checkout that is not part of
 * the project.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { describeOrSkip } from '../setup/describe-or-skip.js';
import type { TestSystem } from '../system/system.js';
import type { PlainBar } from './plain-dataset.js';

const LEAN_FOLDER = join(__dirname, '../../../../shared/data/lean');

/** Trading dates of the equity files. */
export const EQUITY_DATES = ['2013-10-04', '2013-10-07', '2013-10-08', '2013-10-09', '2013-10-10', '2013-10-11'];

/** One bar of a dataset; `time` is ISO 8601, UTC. */
export type Row = Omit<PlainBar, 'time'> & { symbol: string; time: string };

/** Like `describe`. Without the data the tests are skipped. */
export function describeWithLean(name: string, tests: () => void): void {
  const reason = 'there is no folder ../shared/data/lean beside the checkout';
  describeOrSkip(name, existsSync(LEAN_FOLDER) ? undefined : reason, tests);
}

/** Folders of SPY, IBM and BAC. They have a bar in every regular minute, except two minutes of IBM. */
export const EQUITY_FOLDERS = ['spy', 'ibm', 'bac'].map((symbol) => `equity/usa/minute/${symbol}`);

/** Imports folders of the data with the `barkeep` command. */
export async function importLean(system: TestSystem, dataset: string, folders: string[], ...options: string[]) {
  const paths = folders.map((folder) => join(LEAN_FOLDER, folder));
  await system.barkeep('import', ...paths, '--dataset', dataset, '--format', 'lean', ...options);
}

/**
 * The rows of one equity file, read without the importer. A line is `ms,open,high,low,close,volume`: milliseconds since
 * midnight in New York, prices in 1/10,000 dollar. New York is 4 hours behind UTC on all {@link EQUITY_DATES}.
 */
export function equityRows(symbol: string, date: string): Row[] {
  const path = `equity/usa/minute/${symbol.toLowerCase()}/${date.replaceAll('-', '')}_trade.zip`;
  const [content] = Object.values(unzipSync(readFileSync(join(LEAN_FOLDER, path))));
  const lines = Buffer.from(content!).toString().trim().split(/\r?\n/);
  const midnightInNewYork = Date.parse(`${date}T04:00Z`);
  return lines.map((line) => {
    const [ms, ...values] = line.split(',').map(Number) as [number, number, number, number, number, number];
    const [open, high, low, close, volume] = values;
    const time = new Date(midnightInNewYork + ms).toISOString();
    const dollars = (price: number): number => price / 10_000;
    return { symbol, time, open: dollars(open), high: dollars(high), low: dollars(low), close: dollars(close), volume };
  });
}

/** The rows of a dataset within regular hours of the equity dates, by symbol and time. */
export async function regularRows(system: TestSystem, dataset: string): Promise<Row[]> {
  const rows = await system.query<Omit<Row, 'time'> & { time: Date }>(
    `SELECT s.name AS symbol, b.time, b.open, b.high, b.low, b.close, b.volume
     FROM bars b JOIN symbols s ON s.id = b.symbol_id JOIN datasets d ON d.id = b.dataset_id
     WHERE d.name = $1 AND (b.time AT TIME ZONE 'America/New_York')::time >= '09:30'
       AND (b.time AT TIME ZONE 'America/New_York')::time < '16:00'
     ORDER BY s.name, b.time`,
    [dataset],
  );
  return rows.map((row) => ({ ...row, time: row.time.toISOString() }));
}
