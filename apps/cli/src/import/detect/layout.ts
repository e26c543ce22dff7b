/** Finds the layout of a file: its format, the end of its header, and the meaning of each column. Pure. */
import type { BarFormat } from '../formats/index.js';
import { FilePlanError, type RowLayout } from '../reading/index.js';
import { instantOf } from '../times/index.js';
import { DATE_AND_MORE, DATE_TEXT, TIME_OF_DAY } from './field-texts.js';
import { formatColumns } from './format-columns.js';
import { columnsByPlace, completeColumn, type FoundColumns, headerColumns, placeNames } from './header-columns.js';
import { unusableHeader } from './header-errors.js';
import { keyNames } from './key-names.js';
import { findHeader, lastHeaderRow, refuseBarsAbove, refuseUnnamedField } from './header-lines.js';
import type { ReadOptions } from './read-options.js';
import { formatsNamed, lookalikes, namedFormat, recognise, type Recognised } from './recognise.js';
import type { FileSample, SampleRow } from './sample.js';
import { firstUsed, type VolumeColumn } from './volume-choice.js';
import { wideLayout } from './wide-header.js';

export interface FileLayout {
  layout: RowLayout;
  /** Undefined when the columns were found by their names or places. */
  format: BarFormat | undefined;
  /** Names of the columns; numbers for a file without a header. Empty for a wide file: `layout.values` names its symbols. */
  names: readonly string[];
  /** Number of lines before the data. */
  headerLines: number;
  /** Set when there are several volume columns, in order of preference; all rows of the file decide between them. */
  volumes?: readonly VolumeColumn[];
  /** The rows of the sample below the header. */
  data: readonly SampleRow[];
}

/** The columns of a file that is not wide. */
interface FoundHeader {
  columns: FoundColumns;
  /** Index of the header in the rows; −1 for a file without one. */
  header: number;
  /** Undefined when the file fits no known format. */
  format?: BarFormat;
}

/**
 * Finds the layout of a file by the first that applies: a known format, a wide header (a line of values and a line of symbols),
 * another header, the keys of JSON objects, the places of the columns.
 * @param volumeField the volume column of the file, when all its rows have decided between several
 * @throws FilePlanError when no columns for time and prices are found, or when several formats fit
 */
export function fileLayoutOf(whole: FileSample, given: ReadOptions, volumeField?: number): FileLayout {
  const skipLines = Math.max(given.skipLines, whole.sepLines);
  // The keys of JSON objects are kept, although they have the line of the first object.
  const rows = whole.rows.filter(({ line, isHeader }) => isHeader || line > skipLines);
  const sample = { ...whole, rows };
  // A file may have a known format although the user names this column.
  const columns = new Map([...given.columns].filter(([name]) => name !== 'complete'));
  const options = { ...given, columns };
  const isJson = sample.delimiter === undefined;
  if (rows.length === 0) {
    const detail = `an array or an object for each bar, was ${sample.beginning} … (docs/troubleshooting.md converts other JSON)`;
    throw unusableHeader(`expected ${isJson ? detail : 'rows, was none'}`);
  }
  const layout = (found: FoundHeader): FileLayout => {
    const file = layoutOf(rows, found, skipLines, volumeField);
    file.layout.complete = completeColumn(file.names, file.data, given.columns.get('complete'));
    return file;
  };
  const known = formatOf(sample, options);
  if (known !== undefined) {
    const names = rows[Math.max(0, known.header)]!.texts; // of a file without a header: the first row
    return layout({ ...known, columns: formatColumns(names, known.format.columns, options.hasVolume) });
  }
  if (options.hasHeader && !isJson) return wideLayout(rows, options.hasVolume) ?? layout(findHeader(rows, options));
  return layout({ header: -1, columns: columnsWithoutHeader(sample, options) });
}

/** The format that the user named or that the rows fit; undefined when the columns must be found without a format. */
function formatOf(sample: FileSample, options: ReadOptions): Recognised | undefined {
  if (options.format === 'csv') return undefined;
  if (options.format === undefined) return options.columns.size > 0 ? undefined : recognise(sample);
  // Wide files of Yahoo are read by their header, and arrays of JSON that come after their names by these.
  const isWide = options.format === 'yahoo' && wideLayout(sample.rows, options.hasVolume) !== undefined;
  const [format] = formatsNamed(options.format);
  const [first] = sample.rows;
  const haveNames = first?.isHeader === true && first.texts.length === format?.arrays?.length;
  return isWide || haveNames ? undefined : namedFormat(options.format, sample);
}

/** Columns of JSON, by its keys or by their places, and of other files without a header, by their places. @throws FilePlanError */
function columnsWithoutHeader(sample: FileSample, options: ReadOptions): FoundColumns {
  const { columns, hasVolume, format, zone } = options;
  const { texts, isHeader } = sample.rows[0]!;
  const wanted = [...columns.values()];
  const arePlaces = wanted.length > 0 && wanted.every((column) => /^\d+$/.test(column) && !texts.includes(column));
  // The header is the keys of JSON objects, or the names of the columns of arrays.
  if (isHeader && !arePlaces) return headerColumns(texts, columns, hasVolume, keyNames(texts, columns));
  if (sample.delimiter === undefined && wanted.length === 0) {
    const detail = `${texts.length} values such as [${texts.slice(0, 8).join(', ')}]`;
    throw unusableHeader(
      `expected arrays of a known format, was ${detail}: give their order with --columns time=1,open=2,…`,
    );
  }
  const candidates = format === undefined && zone === undefined ? lookalikes(sample) : [];
  if (candidates.length > 1) {
    const names = candidates.join(' or ');
    throw new FilePlanError('ambiguous-format', `the rows look like ${names}: name one with --format, or give --tz`);
  }
  return columnsByPlace(texts, columns, hasVolume, options.symbol !== undefined);
}

/** The layout of a file that is not wide. */
function layoutOf(
  rows: readonly SampleRow[],
  { columns, header, format }: FoundHeader,
  skipLines: number,
  volumeField?: number,
): FileLayout {
  const hasHeader = header >= 0;
  const first = rows[Math.max(0, header)]!;
  const names = hasHeader || first.isHeader ? first.texts : placeNames(first.texts);
  const lastHeader = hasHeader ? lastHeaderRow(rows, header, columns) : -1;
  const data = rows.slice(lastHeader + 1).filter(({ isHeader }) => !isHeader); // without the keys of JSON
  if (hasHeader) refuseBarsAbove(rows.slice(0, header), first.line);
  refuseUnnamedField(names, data, first.line);

  const { volume } = columns.values;
  const isChoice = volume.length > 1 && !columns.addsVolumes;
  const volumes = volume.map((field) => ({ field, name: names[field] ?? String(field + 1) }));
  const usedVolume = isChoice ? [volumeField ?? firstUsed(volume, data)] : volume;

  const namedFields = 1 + names.findLastIndex((name) => name !== '');
  const layout: RowLayout = {
    ...dateAndTime(columns, data[0]?.texts ?? []),
    symbol: columns.symbol,
    values: [{ ...columns.values, volume: usedVolume }],
    // Rows must have all named fields, and no others: when one is missing or added, the later ones are in the wrong columns.
    fieldsMin: hasHeader ? namedFields : undefined,
    fieldsMax: hasHeader ? namedFields : names.length,
  };
  const headerLines = rows[lastHeader]?.line ?? skipLines;
  return { layout, format, names, headerLines, data, ...(isChoice && { volumes }) };
}

/** The fields of the date and the time. @param first the first row of data */
function dateAndTime(columns: FoundColumns, first: readonly string[]): Pick<RowLayout, 'date' | 'time'> {
  const { time } = columns;
  const [text = '', next = ''] = first.slice(time);
  const hasDate = DATE_AND_MORE.test(text) || !Number.isNaN(instantOf(text)); // or is an epoch, which needs none
  const spareDate = TIME_OF_DAY.test(text) ? columns.spareDate : undefined;
  const date = hasDate ? undefined : (columns.date ?? spareDate);
  // A time of day right after a column of dates belongs to it, whatever its name is.
  const isSplit = date === undefined && DATE_TEXT.test(text) && TIME_OF_DAY.test(next);
  return isSplit ? { date: time, time: time + 1 } : { date, time };
}
