/** The datasets of a lab, which the kinds of sessions name (kinds.ts). */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { holey, marketBars, writeBars } from '../../support/data/market.js';
import { DATES, EXTRA_SYMBOL, MANY_SYMBOLS, SYMBOLS, WIDE_DATES } from '../kinds.js';

/** The command of this checkout, seen from the compiled file. */
const BARKEEP = join(__dirname, '../../../apps/cli/bin/barkeep.js');

/** Writes `stream`, the same bars as `packed` and packed, `wide`, and `reference`, which has most of the bars that `stream` lacks. */
export async function writeDatasets(databaseUrl: string): Promise<void> {
  const market = marketBars({ ...DATES, symbols: [...SYMBOLS, EXTRA_SYMBOL], seed: 7 });
  const wide = marketBars({ ...WIDE_DATES, symbols: MANY_SYMBOLS, seed: 8 });
  const stream = holey(market, 0.03, 9);
  await writeBars(databaseUrl, 'stream', stream);
  await writeBars(databaseUrl, 'packed', stream);
  await writeBars(databaseUrl, 'wide', holey(wide, 0.01, 10));
  await writeBars(databaseUrl, 'reference', holey(market, 0.002, 11));
  const env = { PATH: process.env['PATH'], DATABASE_URL: databaseUrl };
  await promisify(execFile)(process.execPath, [BARKEEP, 'pack', 'packed'], { env });
}
