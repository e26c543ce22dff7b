/** Finds the layout of a file: its format, the end of its header, and the meaning of each column. Pure. */
import type { BarFormat } from '../formats/index.js';
import { FilePlanError, type RowLayout } from '../reading/index.js';
import { instantOf } from '../times/index.js';
import { columnsByPlace, formatColumns, type FoundColumns, headerColumns, quoted, unusableHeader } from './columns.js';
import { otherHeader } from './later-header.js';
import type { ReadOptions } from './read-options.js';
import { HEADER_ROWS_MAX, lookalikes, namedFormat, recognise, type Recognised, wideHeader } from './recognise.js';
import { FIELDS_MIN, type FileSample, type SampleRow } from './sample.js';
import type { VolumeColumn } from './volume-choice.js';

export interface FileLayout {
  layout: RowLayout;
  /** Undefined when the columns were found by their names or places. */
  format: BarFormat | undefined;
  /** Names of the columns; numbers for a file without a header. */
  names: readonly string[];
  /** Number of lines before the data. */
  headerLines: number;
  /** Set when there are several volume columns, in order of preference; all rows of the file decide between them. */
  volumes?: readonly VolumeColumn[];
  /** The rows of the sample below the header. */
  data: readonly SampleRow[];
}

/**
 * The columns of a file that is not wide. Of the fields of {@link Recognised}, `header` is undefined for JSON and for a file without a
 * header, and `format` when the file fits no known format.
 */
interface FoundHeader extends Partial<Recognised> {
  columns: FoundColumns;
}

/** Most lines that a header has after its first one. */
const MORE_HEADER_LINES_MAX = 4;
/** A text that begins with a time of day, such as `9:30` or `09:30:00`: it has no date. */
const TIME_OF_DAY = /^\d{1,2}:\d{2}/;
/** A date without a time, such as `2024-03-04` or `04.03.2024`. */
const DATE_ALONE = /^(\d{4}([-/.]?)\d\d\2\d\d|\d\d[./-]\d\d[./-]\d{4})$/;
/** A text with more after its date, such as `03/04/2024 09:30`. */
const DATE_AND_MORE = /^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})[ T]/;
/** A number with any decimal sign or separators. */
const NUMBER = /^[+-]?[\d.,]+$/;
/** A time of day or an epoch in a part of a row, and a number that may be a price. */
const TIME_IN_ROW = /\d:\d\d|^\d{8,}$/;
const PRICE = /^-?\d+(\.\d+)?$/;
/** The number of a row. Eight digits or more may be a date or an epoch. */
const ROW_NUMBER = /^\d{1,7}$/;

/**
 * Finds the layout of a file by the first that applies: a known format, a wide header (a line of values and a line of symbols),
 * another header, the keys of JSON objects, the places of the columns.
 * @throws FilePlanError when no columns for time and prices are found, or when several formats fit
 */
export function fileLayoutOf(sample: FileSample, options: ReadOptions): FileLayout {
  const { hasVolume } = options;
  const skipLines = Math.max(options.skipLines, sample.sepLines);
  const rows = sample.rows.filter(({ line, isHeader }) => isHeader || line > skipLines); // keeps the keys of JSON
  const isJson = sample.delimiter === undefined;
  const hasHeaderLine = options.hasHeader && !isJson;
  const [first] = rows;
  if (first === undefined) {
    const expected = isJson ? `an array or an object for each bar, was ${sample.beginning}` : 'rows, was none';
    throw unusableHeader(`expected ${expected}`);
  }
  const known = formatOf({ ...sample, rows }, options);
  if (known !== undefined) {
    const names = rows[known.header ?? 0]?.texts ?? []; // of a file without a header: the first row
    const columns = formatColumns(names, known.format.columns, hasVolume);
    return layoutOf(rows, { ...known, columns }, skipLines);
  }
  if (hasHeaderLine) {
    const wide = wideHeader(rows, hasVolume);
    if (wide === undefined) return withHeader(rows, { ...options, skipLines });
    const { lastLine, ...layout } = wide;
    const data = rows.filter(({ line }) => line > lastLine);
    // No names of columns: `layout.values` names the symbols.
    return { layout, format: undefined, names: [], headerLines: lastLine, data };
  }
  const wanted = [...options.columns.values()];
  // Whether --columns has the places of the columns instead of their names.
  const arePlaces =
    wanted.length > 0 && wanted.every((column) => /^\d+$/.test(column) && !first.texts.includes(column));
  const columns =
    first.isHeader && !arePlaces // the keys of JSON objects, or the names of the columns of arrays
      ? headerColumns(first.texts, options.columns, hasVolume)
      : placedColumns({ ...sample, rows }, first.texts, options);
  return layoutOf(rows, { columns }, skipLines);
}

/** The format that the user named or that the rows fit; undefined when the columns must be found without a format. */
function formatOf(sample: FileSample, options: ReadOptions): Recognised | undefined {
  if (options.format === 'csv') return undefined;
  if (options.format !== undefined) {
    // Files of Yahoo with a wide header have no entry among the formats.
    const isWide = options.format === 'yahoo' && wideHeader(sample.rows, options.hasVolume) !== undefined;
    return isWide ? undefined : namedFormat(options.format, sample);
  }
  return options.columns.size > 0 ? undefined : recognise(sample);
}

/** Takes the first sampled row that is a usable header. @throws FilePlanError about the likeliest row when none is */
function withHeader(rows: readonly SampleRow[], { columns, hasVolume, skipLines }: ReadOptions): FileLayout {
  const candidates = rows.slice(0, HEADER_ROWS_MAX);
  // Titles have fewer fields than a header.
  const likeliest = candidates.find(({ texts }) => texts.length >= FIELDS_MIN) ?? candidates[0];
  let problem: FilePlanError | undefined;
  for (const [header, row] of candidates.entries()) {
    try {
      const names = withIndexName(row.texts, candidates[header + 1]);
      return layoutOf(rows, { header, columns: headerColumns(names, columns, hasVolume) }, skipLines);
    } catch (error) {
      if (!(error instanceof FilePlanError) || error.line > 0) throw error; // a line: the header is usable, and another row is not
      if (row === likeliest) problem = new FilePlanError(error.reason, error.message, row.line);
    }
  }
  throw problem!; // set, because the likeliest row is one of the candidates
}

/**
 * Names an unnamed first column "index", which is a usual name of the time: pandas writes an index of times without a name.
 * A column of row numbers stays unnamed. @param firstData the row after the header
 */
function withIndexName(names: readonly string[], firstData: SampleRow | undefined): readonly string[] {
  const isRowNumber = ROW_NUMBER.test(firstData?.texts[0] ?? '');
  return names[0] === '' && !isRowNumber ? ['index', ...names.slice(1)] : names;
}

/** Columns of a file without a header. @param first the first row @throws FilePlanError when their order is unknown */
function placedColumns(sample: FileSample, first: readonly string[], options: ReadOptions): FoundColumns {
  const { columns, format, zone } = options;
  if (sample.delimiter === undefined && columns.size === 0) {
    const detail = `${first.length} values such as [${first.slice(0, 8).join(', ')}]`;
    throw unusableHeader(
      `expected arrays of a known format, was ${detail}: give their order with --columns time=1,open=2,…`,
    );
  }
  const candidates = format === undefined && zone === undefined ? lookalikes(sample) : [];
  if (candidates.length > 1) {
    const names = candidates.join(' or ');
    throw new FilePlanError('ambiguous-format', `the rows look like ${names}: name one with --format, or give --tz`);
  }
  return columnsByPlace(first, columns, options.hasVolume, options.symbol !== undefined);
}

/**
 * The index of a header's last row. A header may have several rows: it ends before the first one that has a number, a time or another
 * count of fields, or other columns than the first one. The last row of the sample is always data.
 */
function lastHeaderRow(rows: readonly SampleRow[], firstHeader: number, columns: FoundColumns): number {
  const names = rows[firstHeader]?.texts ?? [];
  const isOtherHeader = otherHeader(columns, names);
  let last = firstHeader;
  while (last + 1 < rows.length - 1 && last - firstHeader < MORE_HEADER_LINES_MAX) {
    const next = rows[last + 1]?.texts ?? [];
    const hasNumber = next.some((text) => NUMBER.test(text));
    const hasTime = /\d{2}/.test(next[columns.time] ?? '');
    if (next.length !== names.length || hasNumber || hasTime || isOtherHeader(next)) break;
    last++;
  }
  return last;
}

/** The layout of a file that is not wide. */
function layoutOf(rows: readonly SampleRow[], { columns, header, format }: FoundHeader, skipLines: number): FileLayout {
  const firstTexts = rows[header ?? 0]?.texts ?? [];
  const areNames = header !== undefined || rows[0]?.isHeader === true;
  const names = areNames ? firstTexts : firstTexts.map((_, index) => String(index + 1));
  const lastHeader = header === undefined ? undefined : lastHeaderRow(rows, header, columns);
  const below = lastHeader === undefined ? rows : rows.slice(lastHeader + 1);
  const data = below.filter(({ isHeader }) => !isHeader); // without the keys of JSON
  if (header !== undefined) refuseBarsAbove(rows.slice(0, header), rows[header]!.line);
  refuseUnnamedField(names, data);
  const { symbol, open, high, low, close } = columns;
  const { volume, volumes } = chosenVolume(columns, names, data);
  const namedFields = 1 + names.findLastIndex((name) => name !== '');
  const layout: RowLayout = {
    ...dateAndTime(columns, data[0]?.texts ?? []),
    symbol,
    values: [{ open, high, low, close, volume }],
    // Rows must have all named fields, and no others: when one is missing or added, the later ones are in the wrong columns.
    fieldsMin: header === undefined ? undefined : namedFields,
    fieldsMax: header === undefined ? names.length : namedFields,
  };
  const headerLines = lastHeader === undefined ? skipLines : rows[lastHeader]!.line;
  return { layout, format, names, headerLines, volumes, data };
}

/** The fields of the date and the time. A time of day right after a column of dates belongs to it, whatever its name is. */
function dateAndTime(columns: FoundColumns, first: readonly string[]): Pick<RowLayout, 'date' | 'time'> {
  const { time } = columns;
  const date = neededDate(columns, first[time] ?? '');
  const isSplit = DATE_ALONE.test(first[time] ?? '') && TIME_OF_DAY.test(first[time + 1] ?? '');
  return date === undefined && isSplit ? { date: time, time: time + 1 } : { date, time };
}

/** The field of the date that the times need; undefined when they have their date, or are epochs. */
function neededDate({ date, spareDate }: FoundColumns, firstTime: string): number | undefined {
  if (DATE_AND_MORE.test(firstTime) || !Number.isNaN(instantOf(firstTime))) return undefined;
  return date ?? (TIME_OF_DAY.test(firstTime) ? spareDate : undefined);
}

/** Refuses a file with a bar above its header, as when files with and without a header were joined. @throws FilePlanError */
function refuseBarsAbove(above: readonly SampleRow[], headerLine: number): void {
  const bar = above.find(({ texts }) => {
    const parts = texts.flatMap((text) => text.split(/[,;|\t]/)).map((part) => part.trim()); // perhaps of another delimiter
    return (
      parts.some((part) => TIME_IN_ROW.test(part)) && parts.filter((part) => PRICE.test(part)).length >= FIELDS_MIN - 1
    );
  });
  if (bar === undefined) return;
  const message = `line ${bar.line} has a bar above the header of line ${headerLine}: give it a file of its own, or leave it out with --skip-lines`;
  throw new FilePlanError('unusable-header', message, bar.line);
}

/**
 * Refuses a file whose rows all have one field more than its header, and a time of day as their second field: its date
 * and time are in two columns with one name. @throws FilePlanError
 */
function refuseUnnamedField(names: readonly string[], data: readonly SampleRow[]): void {
  const first = data[0]?.texts ?? [];
  const haveOneMore = data.every(({ texts }) => texts.length === names.length + 1 && texts.at(-1) !== '');
  const hasTimeSecond = TIME_OF_DAY.test(first[1] ?? '');
  if (!haveOneMore || !hasTimeSecond) return;
  throw unusableHeader(
    `expected ${names.length} fields as the header ${quoted(names)} says, was ${first.length} in every row: the date and the time ` +
      'are in two columns; give --skip-lines 1 --no-header --columns date=1,time=2,open=3,high=4,low=5,close=6,volume=7',
  );
}

/**
 * The volume fields for the sample. Of several columns that are not added up, it is the first that is above 0 in a sampled row;
 * `volumes` then has all of them, between which a `VolumeChoice` over the whole file decides later.
 */
function chosenVolume(
  { volume, addsVolumes }: FoundColumns,
  names: readonly string[],
  data: readonly SampleRow[],
): { volume: readonly number[]; volumes?: VolumeColumn[] } {
  if (addsVolumes || volume.length < 2) return { volume };
  const isUsed = (field: number): boolean => data.some(({ texts }) => Number(texts[field]) > 0);
  const chosen = volume.find(isUsed) ?? volume[0]!;
  return { volume: [chosen], volumes: volume.map((field) => ({ field, name: names[field] ?? String(field + 1) })) };
}
