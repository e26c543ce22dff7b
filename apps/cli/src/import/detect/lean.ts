/**
 * Plans how a minute file of QuantConnect Lean is read. Its path names market, symbol and date; the market determines
 * zone and price scale. A row of trades is `milliseconds since midnight, open, high, low, close, volume`. A row of
 * quotes has bid and ask prices and no volume; the bar gets the means of the prices. Pure.
 */
import { basename, dirname, sep } from 'node:path';
import { DAY_MS, SYMBOL_PATTERN } from '@barkeep/bars';
import { LEAN_FILE_NAME } from '../files/index.js';
import { EST } from '../formats/index.js';
import { type BarReaderOptions, FilePlanError, type RowLayout } from '../reading/index.js';
import { decimalAt, numberReader } from '../rows/index.js';
import { clockOf, midnightOf, type TimeParser } from '../times/index.js';
import type { FilePlan } from './file-plan.js';
import type { ReadOptions } from './read-options.js';
import { readPart } from './sample-bars.js';

/** Prices of equities are multiplied by this, in every market. */
const EQUITY_SCALE = 10_000;
/** Number of bytes that contain at least the first row. */
const FIRST_ROW_BYTES = 1024;

/**
 * For each TYPE/MARKET, the zone of its midnights and its price scale (default 1). The first entry that fits counts. When it has no zone,
 * the user must give one.
 */
const MARKETS: readonly { fits: RegExp; zone?: string; priceScale?: number }[] = [
  { fits: /^equity\/usa$/, zone: 'America/New_York', priceScale: EQUITY_SCALE },
  { fits: /^equity\/india$/, zone: 'Asia/Kolkata', priceScale: EQUITY_SCALE },
  { fits: /^equity\//, priceScale: EQUITY_SCALE },
  { fits: /^forex\/fxcm$/, zone: EST },
  { fits: /^(crypto|cryptofuture|forex|cfd|future)\//, zone: 'UTC' },
];

const TRADE: RowLayout = { time: 0, values: [{ open: 1, high: 2, low: 3, close: 4, volume: [5] }], fieldsMax: 6 };
const QUOTE: RowLayout = {
  time: 0,
  values: [{ open: 1, high: 2, low: 3, close: 4, volume: [], ask: { open: 6, high: 7, low: 8, close: 9 } }],
  fieldsMax: 11,
};

/** What the path of a file and the options say about it. */
interface LeanFile extends Required<Pick<ReadOptions, 'symbol' | 'zone' | 'priceScale'>> {
  /** Midnight of the file's date, epoch ms, as if the wall time were UTC. */
  midnightMs: number;
  /** Rows of bid and ask prices instead of trades. */
  isQuote: boolean;
}

/**
 * Reads the path of a file, such as `…/equity/usa/minute/spy/20131004_trade.zip`. @throws FilePlanError
 * @param entry name inside of the zip, which has the contract of a future @param given options that override the path
 */
export function leanFile(
  path: string,
  entry: string | undefined,
  given: Pick<ReadOptions, 'symbol' | 'zone' | 'priceScale'>,
): LeanFile {
  const dateAndKind = readFileName(basename(path));
  const typeAndMarket = typeAndMarketOf(dirname(path));
  const market = MARKETS.find(({ fits }) => fits.test(typeAndMarket));
  const zone = given.zone ?? market?.zone;
  if (zone === undefined)
    throw unusablePath('a known market such as equity/usa, crypto, forex or future in the path, or --tz');
  // A zip of futures has a file for each contract, such as 20131007_es_minute_trade_201312.csv.
  const isFuture = typeAndMarket.startsWith('future/');
  const contract = isFuture ? /_minute_(?:trade|quote)_(\d{6,8})/i.exec(entry ?? '')?.[1] : undefined;
  return {
    symbol: given.symbol ?? basename(dirname(path)).toUpperCase() + (contract ?? ''),
    zone,
    priceScale: given.priceScale ?? market?.priceScale ?? 1,
    ...dateAndKind,
  };
}

function readFileName(name: string): Pick<LeanFile, 'midnightMs' | 'isQuote'> {
  const match = LEAN_FILE_NAME.exec(name);
  if (match === null) throw unusablePath(`a name like 20131004_trade.zip, was "${name}"`);
  const [, year, month, day, kind = ''] = match;
  const midnightMs = midnightOf(Number(year), Number(month), Number(day));
  if (Number.isNaN(midnightMs)) throw unusablePath(`a date in the file name, was "${year}${month}${day}"`);
  return { midnightMs, isQuote: kind.toLowerCase() === 'quote' };
}

/** The two folders above `minute`, such as `equity/usa`; '' when there are none. @throws FilePlanError for other resolutions */
function typeAndMarketOf(folder: string): string {
  const folders = folder.split(sep).join('/').toLowerCase().split('/');
  const resolution = folders.find((name) => ['tick', 'second', 'hour', 'daily'].includes(name));
  if (resolution !== undefined) throw unusablePath(`minute bars, was a file of resolution "${resolution}"`);
  const minuteAt = folders.lastIndexOf('minute');
  return minuteAt < 2 ? '' : folders.slice(minuteAt - 2, minuteAt).join('/');
}

function unusablePath(expected: string): FilePlanError {
  return new FilePlanError('unusable-path', `expected ${expected}`);
}

/** @param head the first bytes of the text @throws FilePlanError when the folder's name is not a symbol */
export function planLean(file: LeanFile, options: ReadOptions, head: Uint8Array): FilePlan {
  const { symbol, zone, isQuote } = file;
  if (!SYMBOL_PATTERN.test(symbol)) throw unusablePath(`a folder named like a symbol, was "${symbol}"`);
  const reader: BarReaderOptions = {
    layout: isQuote ? QUOTE : TRADE,
    time: midnightTime(file),
    zone,
    shiftMs: 0,
    price: numberReader({ decimal: '.' }, file.priceScale),
    volume: decimalAt,
    prices: options.prices,
    names: options.symbolNames,
    symbol,
    headerLines: 0,
  };
  const [firstBar] = readPart(head.subarray(0, FIRST_ROW_BYTES), ',', reader, false).bars;
  const understood: FilePlan['understood'] = {
    format: 'lean',
    columns: { time: '1', open: '2', high: '3', low: '4', close: '5', ...(!isQuote && { volume: '6' }) },
    delimiter: ',',
    zone,
    times: 'open',
    spacing: null,
    symbol,
    first: firstBar ?? null,
    last: null,
    notes: isQuote ? ['quotes: means of bid and ask, no volume'] : [],
  };
  // Without sampled times, a calendar check suggests no other zone: the path states the zone.
  return { delimiter: ',', reader, understood, warnings: [], sampleTimes: [] };
}

function midnightTime({ midnightMs, zone }: LeanFile): TimeParser {
  const clock = clockOf(zone);
  return (bytes, start, end) => {
    const ms = decimalAt(bytes, start, end);
    return Number.isInteger(ms) && ms >= 0 && ms < DAY_MS ? clock.toUtc(midnightMs + ms) : 'unreadable-time';
  };
}
