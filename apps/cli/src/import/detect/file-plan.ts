/** Plans how one file is read and what the user is shown of it, from its first and last rows, its name and the options. Pure. */
import type { Bar } from '@barkeep/bars';
import { type BarReaderOptions, FilePlanError, PRICE_NAMES } from '../reading/index.js';
import { lastKey, numberReader } from '../rows/index.js';
import { clockOf, timeParser, type TimeParser, type WallClock } from '../times/index.js';
import { unusableHeader } from './columns.js';
import { judgeSample } from './judge-sample.js';
import { type FileLayout, fileLayoutOf } from './layout.js';
import { otherHeader, otherWideHeader } from './later-header.js';
import { digitsBeforeLoss, withLostZeros } from './lost-zeros.js';
import type { ReadOptions } from './read-options.js';
import { type FileReading, readSample, type SampleBars } from './sample-bars.js';
import { type FileSample, type FileStart, lastRows, sampleOf, timeTextOf } from './sample.js';
import { spacingText } from './spacing.js';
import { type ChosenVolume, VolumeChoice } from './volume-choice.js';
import { namedZone } from './zones.js';

/** Bytes up to this one are blanks and control characters. */
const SPACE = 32;
/** Number of rows that are tried to choose the format of times. */
const TRIED_ROWS = 20;
/** JSON keys that hold bars but do not name a symbol. */
const NOT_SYMBOLS = new Set(['bars', 'results', 'data', 'candles', 'list']);

export interface FilePlan {
  /** Undefined for JSON. */
  delimiter: string | undefined;
  reader: BarReaderOptions;
  understood: Understood;
  warnings: string[];
  /**
   * Set when a file has several volume columns. The caller passes all rows to the VolumeChoice, and then plans the file again with the
   * column that it chose.
   */
  volumeChoice?: () => VolumeChoice;
  /** Open times of the sampled bars, epoch ms. */
  sampleTimes: readonly number[];
}

/** Plans how a file is read; undefined for a file without text. @throws FilePlanError when it cannot be read, or would be misread */
export function planFile(start: FileStart, given: ReadOptions): FilePlan | undefined {
  if (!start.head.some((byte) => byte > SPACE)) return undefined;
  const options = { ...given, symbol: start.symbol ?? given.symbol };
  const sample = sampleOf(start, options.delimiter);
  const sampleBars = readSample(readingOf(sample, start, options));
  const { notes, warnings } = judgeSample(sampleBars);
  const { delimiter, file, reader } = sampleBars;
  const { volumes } = file;
  return {
    delimiter,
    reader,
    understood: understoodOf(sampleBars, notes),
    warnings,
    volumeChoice: volumes && (() => new VolumeChoice(volumes, reader.volume, reader.headerLines)),
    sampleTimes: sampleBars.times.map((time) => time - reader.shiftMs),
  };
}

/** @throws FilePlanError with the line of the first sampled row, unless the error has a line */
function readingOf(sample: FileSample, start: FileStart, options: ReadOptions): FileReading {
  try {
    const detected = fileLayoutOf(sample, options);
    const file = start.volume === undefined ? detected : withVolume(detected, start.volume);
    return {
      start,
      options,
      delimiter: sample.delimiter,
      file,
      lastRows: lastRows(start, sample),
      reader: readerOptions(file, sample, start.head, options),
    };
  } catch (error) {
    if (!(error instanceof FilePlanError) || error.line > 0) throw error;
    throw new FilePlanError(error.reason, error.message, sample.rows[0]?.line ?? 1);
  }
}

function withVolume(file: FileLayout, { field }: ChosenVolume): FileLayout {
  const { layout } = file;
  const values = layout.values.map((fields) => ({ ...fields, volume: [field] }));
  return { ...file, layout: { ...layout, values } };
}

function readerOptions(file: FileLayout, sample: FileSample, head: Uint8Array, options: ReadOptions): BarReaderOptions {
  const { format, layout, headerLines } = file;
  const zone = namedZone(file, options.zone) ?? 'UTC';
  const times = options.times ?? format?.times ?? 'open';
  const time = timeParserOf(file, options, clockOf(zone));
  const { delimiter } = sample;
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
function otherHeaderOf(
  { layout, names, headerLines }: FileLayout,
  { rows }: FileSample,
): BarReaderOptions['isOtherHeader'] {
  const { date, time, symbol, values } = layout;
  const [first] = values;
  if (first === undefined) return undefined;
  if (first.symbol === undefined) return otherHeader({ ...first, date, time, symbol }, names, { takesWords: true });
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
  { symbol: givenSymbol, symbolNames }: ReadOptions,
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
  const isNamedByKeys = format?.keys !== undefined && keys !== undefined && !NOT_SYMBOLS.has(lastKey(keys));
  if (isNamedByKeys) return undefined;
  const inFileName = format?.file?.exec(sample.fileName)?.[1];
  if (inFileName !== undefined) return symbolNamed(inFileName);
  throw unusableHeader('expected a symbol column, --symbol or --symbol-from-path, was none of them');
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

/** How a file was understood, for the user. */
export interface Understood {
  /** Name of the known format; `csv` or `json` when the columns were found by their names or places. */
  format: string;
  /** The name or number of the column that each value comes from. */
  columns: Record<string, string>;
  /** Undefined for JSON. */
  delimiter?: string;
  /** Zone of times without an offset. */
  zone: string;
  /** Whether a time is the open or the close of its bar. */
  times: 'open' | 'close';
  /** Interval of the rows, such as `1-minute`; null when the sample has too few rows. */
  spacing: string | null;
  /** The symbol of every row; null when the rows or a wide header name theirs. */
  symbol: string | null;
  /** The first and the last bar of the sample; null when it has none. */
  first: Bar | null;
  last: Bar | null;
  notes: string[];
}

function understoodOf(sample: SampleBars, notes: string[]): Understood {
  const { delimiter, file, reader, options, spacing, head, last } = sample;
  const isWide = file.layout.values.some(({ symbol }) => symbol !== undefined);
  const unnamed = delimiter === undefined ? 'json' : 'csv';
  return {
    format: file.format?.name ?? (isWide ? 'yahoo' : unnamed), // yfinance saves wide files
    columns: columnsOf(file),
    delimiter,
    zone: reader.zone,
    times: reader.shiftMs > 0 ? 'close' : 'open',
    // Another spacing was refused, unless it is that of short bars before a close.
    spacing: spacing === undefined ? null : spacingText(options.intervalMs),
    symbol: reader.symbol ?? null,
    first: head[0] ?? null,
    last: last ?? null,
    notes,
  };
}

function columnsOf({ layout, names }: FileLayout): Record<string, string> {
  const [values] = layout.values; // of a wide file: the columns of the first symbol
  if (values === undefined) return {};
  const named = (field: number): string => names[field] || String(field + 1); // a column may have an empty name
  const columns: Record<string, string> = {};
  if (layout.date !== undefined) columns['date'] = named(layout.date);
  columns['time'] = named(layout.time);
  if (layout.symbol !== undefined) columns['symbol'] = named(layout.symbol);
  for (const name of PRICE_NAMES) columns[name] = named(values[name]);
  if (values.volume.length > 0) columns['volume'] = values.volume.map(named).join(' + ');
  return columns;
}
