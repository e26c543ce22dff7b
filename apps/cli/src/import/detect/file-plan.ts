/** Plans how one file is read and what the user is shown of it, from its first and last rows, its name and the options. Pure. */
import type { Bar } from '@barkeep/bars';
import { type BarReaderOptions, FilePlanError, PRICE_NAMES } from '../reading/index.js';
import { judgeSample } from './judge-sample.js';
import { type FileLayout, fileLayoutOf } from './layout.js';
import type { ReadOptions } from './read-options.js';
import { readerOptions } from './reader-options.js';
import { type FileReading, readSample, type SampleBars } from './sample-bars.js';
import { type FileSample, type FileStart, sampleOf } from './sample.js';
import { spacingText } from './spacing.js';
import { VolumeChoice } from './volume-choice.js';

/** Bytes up to this one are blanks and control characters. */
const SPACE = 32;

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
  const { reader } = sampleBars;
  const { volumes } = sampleBars.file;
  return {
    delimiter: sample.delimiter,
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
    const file = fileLayoutOf(sample, options, start.volume?.field);
    return { start, options, sample, file, reader: readerOptions(file, sample, start.head, options) };
  } catch (error) {
    if (!(error instanceof FilePlanError) || error.line > 0) throw error;
    throw new FilePlanError(error.reason, error.message, sample.rows[0]?.line ?? 1);
  }
}

/** How a file was understood, for the user. */
export interface Understood {
  /** Name of the known format; `csv` or `json` when the columns were found by their names or places. */
  format: string;
  /** The name or number of the column that each value comes from. */
  columns: Record<string, string>;
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

function understoodOf(sampleBars: SampleBars, notes: string[]): Understood {
  const { sample, file, reader, options, spacing, head, last } = sampleBars;
  const { delimiter } = sample;
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

/** The name or the number of the column of each value. Of a wide file: those of the first symbol. */
function columnsOf({ layout, names }: FileLayout): Record<string, string> {
  const values = layout.values[0]!;
  const named = (field: number): string => names[field] || String(field + 1); // a column may have an empty name
  const columns: Record<string, string> = {};
  if (layout.date !== undefined) columns['date'] = named(layout.date);
  columns['time'] = named(layout.time);
  if (layout.symbol !== undefined) columns['symbol'] = named(layout.symbol);
  for (const name of PRICE_NAMES) columns[name] = named(values[name]);
  if (values.volume.length > 0) columns['volume'] = values.volume.map(named).join(' + ');
  if (layout.complete !== undefined) columns['complete'] = layout.complete.name;
  return columns;
}
