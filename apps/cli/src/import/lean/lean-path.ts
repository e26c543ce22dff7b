/** Reads what the path of a Lean file says: market, symbol, date, and by that zone, price scale and columns. Pure. */
import { basename, dirname, sep } from 'node:path';
import type { ReadOptions } from '../detect/index.js';
import { LEAN_FILE } from '../files/index.js';
import { FilePlanError } from '../reading/index.js';

/** Prices of equities are multiplied by this, in every market. */
const EQUITY_SCALE = 10_000;
/** Eastern Standard Time without daylight saving. */
const EST = 'Etc/GMT+5';

interface Market {
  type: string;
  market?: string;
  zone?: string;
  priceScale: number;
}

/** The zone of a market's midnights, and what its prices were multiplied by. The first that fits counts. */
const MARKETS: readonly Market[] = [
  { type: 'equity', market: 'usa', zone: 'America/New_York', priceScale: EQUITY_SCALE },
  { type: 'equity', market: 'india', zone: 'Asia/Kolkata', priceScale: EQUITY_SCALE },
  { type: 'equity', priceScale: EQUITY_SCALE },
  { type: 'crypto', zone: 'UTC', priceScale: 1 },
  { type: 'cryptofuture', zone: 'UTC', priceScale: 1 },
  { type: 'forex', market: 'fxcm', zone: EST, priceScale: 1 },
  { type: 'forex', zone: 'UTC', priceScale: 1 },
  { type: 'cfd', zone: 'UTC', priceScale: 1 },
  { type: 'future', zone: 'UTC', priceScale: 1 },
];

export interface LeanFile {
  symbol: string;
  /** Midnight of the file's date, epoch ms, as if the wall time were UTC. */
  midnightMs: number;
  zone: string;
  priceScale: number;
  /** Rows of bid and ask prices instead of trades. */
  isQuote: boolean;
}

/**
 * Reads `…/equity/usa/minute/spy/20131004_trade.zip`.
 * @param given options of the user, which override the path @param entry name inside of the zip, which names the contract of a future @throws FilePlanError
 */
export function leanFile(
  path: string,
  entry: string | undefined,
  given: Pick<ReadOptions, 'symbol' | 'zone' | 'priceScale'>,
): LeanFile {
  const named = LEAN_FILE.exec(basename(path));
  if (named === null)
    throw new FilePlanError('unusable-path', `expected a name like 20131004_trade.zip, was "${basename(path)}"`);
  const [, year, month, day, kind = ''] = named;
  const midnightMs = Date.UTC(Number(year), Number(month) - 1, Number(day));
  if (new Date(midnightMs).toISOString().slice(0, 10) !== `${year}-${month}-${day}`) {
    throw new FilePlanError('unusable-path', `expected a date in the file name, was "${year}${month}${day}"`);
  }
  const folders = dirname(path).split(sep).join('/').toLowerCase().split('/');
  const other = folders.find((folder) => ['tick', 'second', 'hour', 'daily'].includes(folder));
  if (other !== undefined)
    throw new FilePlanError('unusable-path', `expected minute bars, was a file of resolution "${other}"`);
  const market = marketOf(folders);
  const zone = given.zone ?? market?.zone;
  if (zone === undefined) {
    throw new FilePlanError(
      'unusable-path',
      'expected a known market such as equity/usa, crypto, forex or future in the path, or --tz',
    );
  }
  return {
    symbol: given.symbol ?? symbolOf(path, entry, market),
    midnightMs,
    zone,
    priceScale: given.priceScale ?? market?.priceScale ?? 1,
    isQuote: kind.toLowerCase() === 'quote',
  };
}

function marketOf(folders: readonly string[]): Market | undefined {
  const at = folders.lastIndexOf('minute');
  const [type, name] = at >= 2 ? [folders[at - 2], folders[at - 1]] : [undefined, undefined];
  return MARKETS.find((known) => known.type === type && (known.market === undefined || known.market === name));
}

/** A zip of futures has a file for each contract, such as 20131007_es_minute_trade_201312.csv. */
function symbolOf(path: string, entry: string | undefined, market: Market | undefined): string {
  const folder = basename(dirname(path)).toUpperCase();
  if (market?.type !== 'future') return folder;
  const contract = /_minute_(?:trade|quote)_(\d{6,8})/i.exec(entry ?? '')?.[1];
  return contract === undefined ? folder : `${folder}${contract}`;
}
