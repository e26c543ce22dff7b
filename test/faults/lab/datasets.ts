/** The datasets of a lab, which the kinds of sessions name (kinds.ts). */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BarsBySymbol, holey, marketBars, writeBars } from '../../support/data/market.js';
import { DATES, EXTRA_SYMBOL, MANY_SYMBOLS, SYMBOLS, WIDE_DATES } from '../kinds.js';

/** The command of this checkout, seen from the compiled file. */
const BARKEEP = join(__dirname, '../../../apps/cli/bin/barkeep.js');

/** `stream` lacks 3 % of the market. `reference` has most of these bars, and `sparse` few of them. */
export function importedMarkets(): Record<'stream' | 'reference' | 'sparse', BarsBySymbol> {
  const market = marketBars({ ...DATES, symbols: [...SYMBOLS, EXTRA_SYMBOL], seed: 7 });
  return { stream: holey(market, 0.03, 9), reference: holey(market, 0.002, 11), sparse: holey(market, 0.9, 12) };
}

/** Writes the datasets of {@link importedMarkets}; `packed`, a packed copy of `stream`; and `wide`, which has other symbols. */
export async function writeDatasets(databaseUrl: string): Promise<void> {
  const { stream, reference, sparse } = importedMarkets();
  const wide = marketBars({ ...WIDE_DATES, symbols: MANY_SYMBOLS, seed: 8 });
  await writeBars(databaseUrl, 'stream', stream);
  await writeBars(databaseUrl, 'packed', stream);
  await writeBars(databaseUrl, 'wide', holey(wide, 0.01, 10));
  await writeBars(databaseUrl, 'reference', reference);
  await writeBars(databaseUrl, 'sparse', sparse);
  const env = { PATH: process.env['PATH'], DATABASE_URL: databaseUrl };
  await promisify(execFile)(process.execPath, [BARKEEP, 'pack', 'packed'], { env });
}
