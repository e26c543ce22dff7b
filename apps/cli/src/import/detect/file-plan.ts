/**
 * Decides how one file is read, from its first and last bytes, its name and the user's options: the plan, and what the
 * user is shown before anything is stored. Pure.
 */
import { type BarReaderOptions, FilePlanError } from '../reading/index.js';
import { JsonRows, lastKey, numberReader, type RowHandler, RowSplitter, type Splitter } from '../rows/index.js';
import { clockOf, type TimeParser, timeParser, type WallClock } from '../times/index.js';
import { ColumnsError } from './columns.js';
import { headerZone } from './header-zone.js';
import { judgeSample } from './judge-sample.js';
import { type FileLayout, fileLayoutOf } from './layout.js';
import type { ReadOptions } from './read-options.js';
import type { FileSample } from './recognise.js';
import { dataRows, isJson, likelyDelimiter, namedDelimiter, sampleRows, type SampleRow, timeTextOf } from './sample.js';
import { readSample } from './sample-bars.js';
import { understoodOf, type Understood } from './understood.js';
import { type ChosenVolume, VolumeChoice } from './volume-choice.js';

/** Keys of JSON that hold bars and are no symbols. */
const NO_SYMBOLS = new Set(['bars', 'results', 'data', 'candles', 'list']);
/** Bars start on a whole minute. */
const GRID_MS = 60_000;

export interface FilePlan {
  splitter: (handler: RowHandler) => Splitter;
  /** The file must be checked to its end before one of its rows is stored: brackets may not be closed. */
  isJson: boolean;
  reader: BarReaderOptions;
  understood: Understood;
  warnings: string[];
  /** Set when the rows of the whole file must decide between volume columns: read them with it, and plan again. */
  volumeChoice?: () => VolumeChoice;
  /** Times of the sample, before a shift to the open. */
  sampleTimes: readonly number[];
}

export interface FileStart {
  head: Uint8Array;
  tail: Uint8Array;
  /** The head is the whole file. */
  isWhole: boolean;
  /** Without folders. */
  fileName: string;
  /** Symbol by the path, of --symbol-from-path. */
  symbol?: string;
  /** Which of several volume columns the rows of the file decided for. */
  volume?: ChosenVolume;
}

/** @returns undefined for a file without text @throws FilePlanError */
export function planFile(start: FileStart, options: ReadOptions): FilePlan | undefined {
  if (Buffer.from(start.head.subarray(0, 4096)).toString('latin1').trim() === '') return undefined;
  const sample = sampleOf(start, options);
  const given = start.symbol ?? options.symbol;
  const laid = found(() => fileLayoutOf(sample, { ...options, symbol: given }), sample.rows[0]?.line ?? 1);
  const file = start.volume === undefined ? laid : withVolume(laid, start.volume);
  const reader = readerOptions(file, sample, options, given);
  const splitter = splitterOf(sample);
  const read = readSample(splitter, reader, start);
  const judged = judgeSample({ file, rows: sample.rows, read, start, options, reader });
  const { volumes } = file;
  return {
    splitter,
    isJson: sample.isJson,
    reader,
    understood: understoodOf({ file, sample, reader, read, judged }),
    warnings: judged.warnings,
    volumeChoice: volumes && (() => new VolumeChoice(volumes, reader.volume, reader.headerLines)),
    sampleTimes: judged.times,
  };
}

function withVolume(file: FileLayout, { field }: ChosenVolume): FileLayout {
  const { layout } = file;
  const values = layout.values.map((fields) => ({ ...fields, volume: [field] }));
  return { ...file, layout: { ...layout, values } };
}

function sampleOf({ head, tail, fileName }: FileStart, options: ReadOptions): FileSample {
  if (isJson(head) && !/[\]}]\s*$/.test(Buffer.from(tail.subarray(-256)).toString('latin1'))) {
    throw new FilePlanError('unreadable-file', 'the JSON does not end in a bracket: the file is cut short');
  }
  const beginning = Buffer.from(head.subarray(0, 120)).toString('utf8');
  if (isJson(head))
    return { rows: sampleRows(head, undefined), isJson: true, beginning, delimiter: undefined, fileName };
  const named = namedDelimiter(head);
  const delimiter = options.delimiter ?? named ?? likelyDelimiter(head);
  const rows = sampleRows(head, delimiter).filter(({ line }) => named === undefined || line > 1);
  return { rows, isJson: false, beginning, delimiter, fileName };
}

function found<T>(find: () => T, line: number): T {
  try {
    return find();
  } catch (error) {
    if (error instanceof ColumnsError) throw new FilePlanError(error.reason, error.message, line);
    throw error;
  }
}

function splitterOf({ isJson: json, delimiter }: FileSample): FilePlan['splitter'] {
  return (handler) => (json ? new JsonRows(handler) : new RowSplitter(delimiter ?? ',', handler));
}

function readerOptions(
  file: FileLayout,
  sample: FileSample,
  options: ReadOptions,
  given: string | undefined,
): BarReaderOptions {
  const { format, layout, headerLines } = file;
  const zone = options.zone ?? format?.zone ?? headerZone(file.names[layout.time] ?? '') ?? 'UTC';
  const times = options.times ?? format?.times ?? 'open';
  const symbol = found(() => symbolOf(file, sample, options, given), sample.rows[0]?.line ?? 1);
  const isAlone = layout.values.length === 1;
  return {
    layout: isAlone ? layout : { ...layout, values: namedValues(layout.values, options) },
    time: timeOf(file, sample.rows, options, clockOf(zone)),
    zone,
    gridMs: GRID_MS,
    shiftMs: times === 'close' ? options.intervalMs : 0,
    price: numberReader(options.numbers, options.priceScale ?? format?.priceScale ?? 1),
    volume: numberReader(options.numbers, 1),
    prices: options.prices,
    names: options.names,
    symbol,
    isGrouped: sample.isJson,
    headerLines,
  };
}

function symbolOf(
  file: FileLayout,
  sample: FileSample,
  options: ReadOptions,
  given: string | undefined,
): BarReaderOptions['symbol'] {
  const { layout, format } = file;
  const named = (text: string): string => {
    const name = options.names.of(text);
    if ('symbol' in name) return name.symbol;
    throw new ColumnsError(`${name.detail}; --symbol gives one`);
  };
  if (layout.values.length > 1) {
    if (given === undefined) return undefined;
    throw new ColumnsError(`expected one symbol as --symbol says, was ${layout.values.length}: leave --symbol out`);
  }
  if (given !== undefined) return named(given);
  if (layout.symbol !== undefined) return undefined;
  const inHeader = layout.values[0]?.symbol;
  if (inHeader !== undefined) return named(inHeader);
  const group = sample.rows.find(({ isHeader }) => !isHeader)?.group;
  if (format?.keys !== undefined && group !== undefined && !NO_SYMBOLS.has(lastKey(group))) return { group: true };
  const byFile = format?.file?.exec(sample.fileName)?.[1];
  if (byFile !== undefined) return named(byFile);
  throw new ColumnsError('expected a symbol column, --symbol or --symbol-from-path, was none of them');
}

function namedValues(
  values: BarReaderOptions['layout']['values'],
  { names }: ReadOptions,
): BarReaderOptions['layout']['values'] {
  return values.map((fields) => {
    const name = names.of(fields.symbol ?? '');
    if ('symbol' in name) return { ...fields, symbol: name.symbol };
    throw new FilePlanError(name.reason, name.detail, 1);
  });
}

/** The first of the format's time formats that reads a row of the sample. */
function timeOf(file: FileLayout, rows: readonly SampleRow[], options: ReadOptions, clock: WallClock): TimeParser {
  const formats = options.timeFormat === undefined ? (file.format?.time ?? ['auto']) : [options.timeFormat];
  const parsers = formats.map((format) => timeParser(format, clock));
  const data = dataRows(rows, file.headerLines).slice(0, 20);
  const texts = data.map((row) => Buffer.from(timeTextOf(row, file.layout)));
  const reads = (parser: TimeParser): boolean =>
    texts.some((text) => parser(text, 0, text.length) !== 'unreadable-time');
  return parsers.find(reads) ?? parsers[0]!;
}
