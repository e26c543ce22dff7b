/** Makes the options with which a file's rows are read, from its layout and the options of the user. Pure. */
import type { BarReaderOptions } from '../reading/index.js';
import { lastKey, numberReader } from '../rows/index.js';
import { clockOf, timeParser, type TimeParser, type WallClock } from '../times/index.js';
import { unusableHeader } from './header-errors.js';
import { type IsOtherHeader, otherHeader, otherWideHeader } from './later-header.js';
import type { FileLayout } from './layout.js';
import { digitsBeforeLoss, withLostZeros } from './lost-zeros.js';
import type { ReadOptions } from './read-options.js';
import { type FileSample, timeTextOf } from './sample.js';
import { namedZone } from './zones.js';

/** Number of rows that are tried to choose the format of times. */
const TRIED_ROWS = 20;
/** JSON keys that hold bars but do not name a symbol. */
const NOT_SYMBOLS = /^(bars|results|data|candles|list|values|prices|rows|ohlc|Time Series .*)$/;

/** @param head the first bytes of the file @throws FilePlanError when nothing names a symbol */
export function readerOptions(
  file: FileLayout,
  sample: FileSample,
  head: Uint8Array,
  options: ReadOptions,
): BarReaderOptions {
  const { format, layout, headerLines } = file;
  const { delimiter } = sample;
  const zone = namedZone(file, options.zone) ?? 'UTC';
  const times = options.times ?? format?.times ?? 'open';
  const time = timeParserOf(file, options, clockOf(zone));
  const mayLackZeros = layout.date !== undefined && delimiter !== undefined && options.timeFormat === undefined;
  const lostZeros = mayLackZeros ? digitsBeforeLoss(head, delimiter, layout.time) : undefined;
  return {
    layout,
    time: lostZeros === undefined ? time : withLostZeros(time, lostZeros),
    zone,
    shiftMs: times === 'close' ? options.intervalMs : 0,
    price: numberReader(options.numbers, options.priceScale ?? format?.priceScale ?? 1),
    volume: numberReader(options.numbers, 1),
    prices: options.prices,
    names: options.symbolNames,
    symbol: symbolOf(file, sample, options),
    headerLines,
    isOtherHeader: delimiter === undefined ? undefined : otherHeaderOf(file, sample),
  };
}

/** Tells whether a row is a header whose columns are not those of the file's first header. */
function otherHeaderOf({ layout, names, headerLines }: FileLayout, { rows }: FileSample): IsOtherHeader {
  const values = layout.values[0]!;
  if (values.symbol === undefined) return otherHeader({ ...layout, values }, names, { takesWords: true });
  const headerRows = rows.filter(({ line }) => line <= headerLines).map(({ texts }) => texts);
  return otherWideHeader(layout, headerRows);
}

/**
 * The symbol of every row; undefined when a column, a wide header or the keys of JSON name the symbols. The first of these that
 * exists decides: --symbol, a column, a wide header with one symbol, the keys of JSON, the file's name.
 * @throws FilePlanError when nothing names a symbol
 */
function symbolOf(
  { layout, format }: FileLayout,
  sample: FileSample,
  { symbol: givenSymbol, symbolFromKey, symbolNames }: ReadOptions,
): string | undefined {
  const symbolNamed = (text: string): string => {
    const found = symbolNames.of(text);
    if ('symbol' in found) return found.symbol;
    throw unusableHeader(`${found.detail}; --symbol NAME sets it`);
  };
  // A wide header with several symbols.
  if (layout.values.length > 1) {
    if (givenSymbol === undefined) return undefined;
    throw unusableHeader(`expected one symbol with --symbol, was ${layout.values.length}: leave --symbol out`);
  }
  if (givenSymbol !== undefined) return symbolNamed(givenSymbol);
  if (layout.symbol !== undefined) return undefined;
  const inHeader = layout.values[0]?.symbol; // a wide header with one symbol
  if (inHeader !== undefined) return symbolNamed(inHeader);
  const keys = sample.rows.find(({ isHeader }) => !isHeader)?.group; // the keys of JSON that lead to the first row
  const key = keys && lastKey(keys);
  const mayNameSymbol = key !== undefined && !NOT_SYMBOLS.test(key);
  if (mayNameSymbol && (symbolFromKey || format?.keys !== undefined)) return undefined;
  const inFileName = format?.file?.exec(sample.fileName)?.[1];
  if (inFileName !== undefined) return symbolNamed(inFileName);
  const last = mayNameSymbol
    ? `, --symbol-from-path or --symbol-from-key (which takes "${key}")`
    : ' or --symbol-from-path';
  const noSymbol = symbolFromKey && key !== undefined ? `; the key "${key}" is no symbol` : '';
  throw unusableHeader(`expected a symbol column, --symbol${last}, was none of them${noSymbol}`);
}

/** The parser for the first time format that reads a sampled time; for the first one when none does. */
function timeParserOf({ format, layout, data }: FileLayout, { timeFormat }: ReadOptions, clock: WallClock): TimeParser {
  const formats = timeFormat === undefined ? (format?.time ?? ['auto']) : [timeFormat];
  const parsers = formats.map((name) => timeParser(name, clock));
  const times = data.slice(0, TRIED_ROWS).map(({ texts }) => Buffer.from(timeTextOf(texts, layout)));
  const reads = (parser: TimeParser): boolean =>
    times.some((text) => parser(text, 0, text.length) !== 'unreadable-time');
  return parsers.find(reads) ?? parsers[0]!;
}
