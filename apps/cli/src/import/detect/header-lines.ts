/** Where the header of a file that is not wide begins and ends, and what its first row is named. Pure. */
import { FilePlanError, PRICE_NAMES } from '../reading/index.js';
import { TIME_OF_DAY } from './field-texts.js';
import { type FoundColumns, headerColumns } from './header-columns.js';
import { quoted } from './header-errors.js';
import { otherHeader } from './later-header.js';
import type { ReadOptions } from './read-options.js';
import { FIELDS_MIN, type SampleRow } from './sample.js';

/** A header is looked for in this many rows: titles, addresses and comments may come before it. */
export const HEADER_ROWS_MAX = 60;
/** Most lines that a header has after its first one. */
const MORE_HEADER_LINES_MAX = 4;
/** A number with any decimal sign or separators. */
const NUMBER = /^[+-]?[\d.,]+$/;
/** A time of day, an epoch or a time in digits such as `20240304 093000` in a part of a row, and a number that may be a price. */
const TIME_IN_ROW = /\d:\d\d|^\d{8,}([ T.]\d+)?$/;
const PRICE = /^-?\d+(\.\d+)?$/;
/** The highest of a bar's prices is at most this multiple of the lowest; options and penny stocks double within a minute. */
const PRICE_RATIO_MAX = 10;
/** The number of a row. Eight digits or more may be a date or an epoch. */
const ROW_NUMBER = /^\d{1,7}$/;

/** The first row that is a usable header, by its index, and its columns. @throws FilePlanError about the likeliest row when none is */
export function findHeader(
  rows: readonly SampleRow[],
  { columns, hasVolume }: ReadOptions,
): { header: number; columns: FoundColumns } {
  const candidates = rows.slice(0, HEADER_ROWS_MAX);
  // Titles have fewer fields than a header.
  const likeliest = candidates.find(({ texts }) => texts.length >= FIELDS_MIN) ?? candidates[0];
  let problem: FilePlanError | undefined;
  for (const [header, row] of candidates.entries()) {
    try {
      const names = withIndexName(row.texts, candidates[header + 1]);
      return { header, columns: headerColumns(names, columns, hasVolume) };
    } catch (error) {
      if (!(error instanceof FilePlanError)) throw error;
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

/**
 * The index of a header's last row. A header may have several rows: it ends before the first one that has a number, a time or another
 * count of fields, or other columns than the first one. The last row of the sample is always data.
 */
export function lastHeaderRow(rows: readonly SampleRow[], firstHeader: number, columns: FoundColumns): number {
  const names = rows[firstHeader]!.texts;
  const isOtherHeader = otherHeader(columns, names);
  const continuesHeader = ({ texts }: SampleRow): boolean => {
    const hasNumber = texts.some((text) => NUMBER.test(text));
    const hasTime = /\d{2}/.test(texts[columns.time] ?? '');
    return texts.length === names.length && !hasNumber && !hasTime && !isOtherHeader(texts);
  };
  const further = rows.slice(firstHeader + 1, -1).slice(0, MORE_HEADER_LINES_MAX);
  const end = further.findIndex((row) => !continuesHeader(row));
  return firstHeader + (end < 0 ? further.length : end);
}

/** Refuses a file with a bar above its header, as when files with and without a header were joined. @throws FilePlanError */
export function refuseBarsAbove(above: readonly SampleRow[], headerLine: number): void {
  const bar = above.find(({ texts }) => isBar(texts));
  if (bar === undefined) return;
  const message = `line ${bar.line} has a bar above the header of line ${headerLine}: give it a file of its own, or leave it out with --skip-lines`;
  throw new FilePlanError('unusable-header', message, bar.line);
}

/**
 * True for a row with a time and four numbers that may be the prices of one bar: they are close to each other, or one is not above 0.
 * False for a title with numbers such as 1 and 390. Numbers are compared in parts, since the row may have another delimiter, decimal commas
 * or groups of thousands.
 */
function isBar(texts: readonly string[]): boolean {
  const parts = texts.flatMap((text) => text.split(/[,;|\t]/)).map((part) => part.trim());
  const prices = parts.map((part) => part.replace(/[ '_]/g, '')).filter((part) => PRICE.test(part));
  const sorted = prices.map(Number).sort((a, b) => a - b);
  const highests = sorted.slice(PRICE_NAMES.length - 1); // of each four numbers that follow each other
  const mayBePrices = highests.some((highest, at) => sorted[at]! <= 0 || highest <= PRICE_RATIO_MAX * sorted[at]!);
  return mayBePrices && parts.some((part) => TIME_IN_ROW.test(part));
}

/**
 * Refuses a file whose rows all have one field more than its header, and a time of day as their second field: its date
 * and time are in two columns with one name. @throws FilePlanError
 */
export function refuseUnnamedField(names: readonly string[], data: readonly SampleRow[], headerLine: number): void {
  const first = data[0]?.texts ?? [];
  const haveOneMore = data.every(({ texts }) => texts.length === names.length + 1 && texts.at(-1) !== '');
  const hasTimeSecond = TIME_OF_DAY.test(first[1] ?? '');
  if (!haveOneMore || !hasTimeSecond) return;
  const message =
    `expected ${names.length} fields as the header ${quoted(names)} says, was ${first.length} in every row: the date and the time ` +
    'are in two columns; give --skip-lines 1 --no-header --columns date=1,time=2,open=3,high=4,low=5,close=6,volume=7';
  throw new FilePlanError('unusable-header', message, headerLine);
}
