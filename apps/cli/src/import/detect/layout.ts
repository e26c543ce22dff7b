/** Finds the layout of a file: its format, the end of its header, and the meaning of each column. Pure. */
import { type BarFormat } from '../formats/index.js';
import type { RowLayout } from '../reading/index.js';
import { columnsByPlace, ColumnsError, formatColumns, type FoundColumns, headerColumns, quoted } from './columns.js';
import type { ReadOptions } from './read-options.js';
import { type FileSample, HEADER_ROWS_MAX, lookalikes, namedFormat, recognise, type Recognised } from './recognise.js';
import type { SampleRow } from './sample.js';
import type { VolumeColumn } from './volume-choice.js';
import { wideHeader } from './wide-header.js';

export interface FileLayout {
  layout: RowLayout;
  format: BarFormat | undefined;
  /** Names of the columns; numbers for a file without a header. */
  names: readonly string[];
  /** Number of lines before the data. */
  headerLines: number;
  /** Set when the file has several volume columns, in the order of preference: the rows of the whole file decide. */
  volumes?: readonly VolumeColumn[];
}

/** Most lines of a header after its first one. */
const HEADER_LINES_MAX = 4;

/** @throws ColumnsError */
export function fileLayoutOf(sample: FileSample, options: ReadOptions): FileLayout {
  const rows = sample.rows.filter(({ line, isHeader }) => isHeader || line > options.skipLines);
  const remaining = { ...sample, rows };
  if (rows.length === 0) {
    throw new ColumnsError(
      sample.isJson
        ? `expected an array or an object for each bar, was ${sample.beginning}`
        : 'expected rows, was none',
    );
  }
  const found = formatOf(remaining, options);
  if (found !== undefined) return formatLayout(found, rows, options);
  const wide = options.header && !sample.isJson ? wideHeader(rows, options.hasVolume) : undefined;
  if (wide !== undefined) {
    const { values, time, fieldsMax, lastLine } = wide;
    return { layout: { values, time, fieldsMax }, format: undefined, names: [], headerLines: lastLine };
  }
  const hasHeader = sample.isJson ? rows[0]?.isHeader === true : options.header;
  return hasHeader ? withHeader(rows, options, sample.isJson) : withoutHeader(remaining, options);
}

function formatOf(sample: FileSample, options: ReadOptions): Recognised | undefined {
  if (options.format === 'csv') return undefined;
  if (options.format !== undefined) {
    const isWide = options.format === 'yahoo' && wideHeader(sample.rows, options.hasVolume) !== undefined;
    return isWide ? undefined : namedFormat(options.format, sample);
  }
  return options.columns.size > 0 ? undefined : recognise(sample);
}

function formatLayout({ format, header }: Recognised, rows: readonly SampleRow[], options: ReadOptions): FileLayout {
  const isKeyed = format.keys !== undefined;
  const names = rows[isKeyed ? 0 : (header ?? 0)]?.texts ?? [];
  const columns = formatColumns(names, format.columns, options.hasVolume);
  const last = header === undefined ? undefined : lastHeaderRow(rows, header, columns);
  const data = rows.slice((last ?? -1) + 1).filter(({ isHeader }) => !isHeader);
  return {
    ...layoutFrom(columns, names, data, header !== undefined),
    format,
    names: shownNames(names, header !== undefined || isKeyed),
    headerLines: lineOf(rows, last, options),
  };
}

function withHeader(rows: readonly SampleRow[], options: ReadOptions, isJson: boolean): FileLayout {
  let problem: ColumnsError | undefined;
  for (const [index, { texts }] of rows.slice(0, isJson ? 1 : HEADER_ROWS_MAX).entries()) {
    try {
      const columns = headerColumns(texts, options.columns, options.hasVolume);
      const last = isJson ? undefined : lastHeaderRow(rows, index, columns);
      const found = layoutFrom(columns, texts, rows.slice((last ?? index) + 1), !isJson);
      return { ...found, format: undefined, names: texts, headerLines: lineOf(rows, last, options) };
    } catch (error) {
      if (!(error instanceof ColumnsError)) throw error;
      problem = isBetter(texts, problem) ? error : problem;
    }
  }
  throw problem!;
}

/** True when a row is a more likely header than the one of the reported problem: the first row with enough fields is reported. */
function isBetter(texts: readonly string[], problem: ColumnsError | undefined): boolean {
  return problem === undefined || (texts.length >= 5 && !problem.message.includes('", "'));
}

function withoutHeader(sample: FileSample, options: ReadOptions): FileLayout {
  const first = sample.rows[0]!;
  if (sample.isJson && options.columns.size === 0) {
    const detail = `${first.texts.length} values such as [${first.texts.slice(0, 8).join(', ')}]`;
    throw new ColumnsError(
      `expected arrays of a known format, was ${detail}: give their order with --columns time=1,open=2,…`,
    );
  }
  const candidates = options.format === undefined && options.zone === undefined ? lookalikes(sample) : [];
  if (candidates.length > 1)
    throw new ColumnsError(
      `the rows look like ${candidates.join(' or ')}: name one with --format, or give --tz`,
      'ambiguous-format',
    );
  const columns = columnsByPlace(first.texts, options.columns, options.hasVolume, options.symbol !== undefined);
  const found = layoutFrom(columns, first.texts, sample.rows, false);
  return { ...found, format: undefined, names: shownNames(first.texts, false), headerLines: options.skipLines };
}

/**
 * A header of several lines ends before the first row that has a number or a time. A line belongs to it only when it has
 * as many fields as the header.
 */
function lastHeaderRow(rows: readonly SampleRow[], header: number, columns: FoundColumns): number {
  const fields = rows[header]?.texts.length ?? 0;
  let last = header;
  while (last + 1 < rows.length - 1 && last - header < HEADER_LINES_MAX) {
    const texts = rows[last + 1]?.texts ?? [];
    const hasValue = texts.some((text) => /^[+-]?[\d.,]+$/.test(text)) || /\d{2}/.test(texts[columns.time] ?? '');
    if (texts.length !== fields || hasValue) break;
    last++;
  }
  return last;
}

function layoutFrom(
  columns: FoundColumns,
  names: readonly string[],
  data: readonly SampleRow[],
  hasHeader: boolean,
): Pick<FileLayout, 'layout' | 'volumes'> {
  const { time, symbol, open, high, low, close } = columns;
  const isTimeOfDay = /^\d{1,2}:\d{2}/.test(data[0]?.texts[time] ?? '');
  const { volume, volumes } = chosenVolume(columns.volume, names, data);
  checkSurplus(names, data);
  const layout: RowLayout = {
    date: columns.date ?? (isTimeOfDay ? columns.spareDate : undefined),
    time,
    symbol,
    values: [{ open, high, low, close, volume }],
    // A row that lacks a field has the others one column to the left.
    fieldsMin: hasHeader ? 1 + names.findLastIndex((name) => name !== '') : undefined,
    fieldsMax: names.length,
  };
  return { layout, volumes };
}

/**
 * Refuses a file whose rows all have one field more than its header and a time of day as their second field. Such a file has the
 * date and the time in two columns, and one name for both. @throws ColumnsError
 */
function checkSurplus(names: readonly string[], data: readonly SampleRow[]): void {
  const first = data[0]?.texts ?? [];
  const isRegular = data.length > 0 && data.every(({ texts }) => texts.length === first.length && texts.at(-1) !== '');
  const hasTime = /^\d{1,2}:\d{2}/.test(first[1] ?? '');
  if (!isRegular || first.length !== names.length + 1 || !hasTime) return;
  throw new ColumnsError(
    `expected ${names.length} fields as the header ${quoted(names)} says, was ${first.length} in every row: the date and the time ` +
      'stand in two columns; give --skip-lines 1 --no-header --columns date=1,time=2,open=3,high=4,low=5,close=6,volume=7',
  );
}

/** Of several volume columns, the first one that is used in the sample; {@link VolumeChoice} looks at the whole file. */
function chosenVolume(
  volume: FoundColumns['volume'],
  names: readonly string[],
  data: readonly SampleRow[],
): { volume: readonly number[]; volumes?: VolumeColumn[] } {
  if ('sum' in volume) return { volume: volume.sum };
  const { either } = volume;
  const isUsed = (field: number): boolean => data.some(({ texts }) => Number(texts[field]) > 0);
  const chosen = either.find(isUsed) ?? either[0];
  if (chosen === undefined) return { volume: [] };
  if (either.length === 1) return { volume: either };
  return { volume: [chosen], volumes: either.map((field) => ({ field, name: names[field] ?? String(field + 1) })) };
}

function lineOf(rows: readonly SampleRow[], last: number | undefined, { skipLines }: ReadOptions): number {
  return last === undefined ? skipLines : (rows[last]?.line ?? skipLines);
}

function shownNames(names: readonly string[], hasHeader: boolean): string[] {
  return names.map((name, index) => (hasHeader ? name : String(index + 1)));
}
