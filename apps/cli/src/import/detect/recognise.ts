/** Finds the known format that a file fits. Pure. */
import { type BarFormat, type ColumnRef, FORMATS } from '../formats/index.js';
import { FilePlanError, PRICE_NAMES } from '../reading/index.js';
import { lastKey } from '../rows/index.js';
import { refIndex } from './format-columns.js';
import { unusableHeader } from './header-errors.js';
import { HEADER_ROWS_MAX } from './header-lines.js';
import type { FileSample, SampleRow } from './sample.js';

/** The share of the sampled rows that must fit a format without a header. */
const ROWS_FITTING_MIN = 0.8;
/** Number of characters of a row that a message shows. */
const SHOWN_LENGTH = 120;

export interface Recognised {
  format: BarFormat;
  /** Index of the header in the sample; −1 for a file without one. */
  header: number;
}

/** The formats that a name means: `databento` includes `databento-pretty`, `metatrader` its versions 4 and 5. Empty for an unknown name. */
export function formatsNamed(name: string): readonly BarFormat[] {
  const isRest = (text: string): boolean => /^(-.*|\d*)$/.test(text);
  return FORMATS.filter((format) => format.name.startsWith(name) && isRest(format.name.slice(name.length)));
}

/** The format that the user named. @throws FilePlanError when the file does not fit it */
export function namedFormat(name: string, sample: FileSample): Recognised {
  const formats = formatsNamed(name);
  const [first] = formats;
  if (first === undefined) throw unusableHeader(`expected a format of --list-formats, was "${name}"`);
  const [recognised] = formats.flatMap((format) => fit(format, sample) ?? []);
  if (recognised !== undefined) return recognised;
  const row = sample.rows[0]?.texts.join(sample.delimiter ?? ', ').slice(0, SHOWN_LENGTH) ?? 'an empty file';
  throw unusableHeader(`expected rows of ${name} such as ${first.example.join(' / ')}, was ${row}`);
}

/** The one format that the rows fit, if any; the file's name decides between several. @throws FilePlanError when it does not */
export function recognise(sample: FileSample): Recognised | undefined {
  const fitsName = ({ file }: BarFormat): boolean => file?.test(sample.fileName) === true;
  const fitting = FORMATS.filter((format) => format.needsFile !== true || fitsName(format)).flatMap(
    (format) => fit(format, sample) ?? [],
  );
  const named = fitting.filter(({ format }) => fitsName(format));
  const chosen = named.length > 0 ? named : fitting;
  if (chosen.length > 1) {
    const names = chosen.map(({ format }) => format.name).join(' or ');
    throw new FilePlanError('ambiguous-format', `the rows fit ${names}: name one with --format`);
  }
  return chosen[0];
}

/** Names of the formats that only a file name can tell apart, and that the rows of a file without a header fit. */
export function lookalikes({ rows, delimiter }: FileSample): string[] {
  return FORMATS.filter((format) => format.needsFile === true && format.delimiter === delimiter)
    .filter((format) => fitsRows(format, rows))
    .map(({ name }) => name);
}

/** The format, and where its header is, when the sample fits it. The file's name is not checked. */
function fit(format: BarFormat, { rows, delimiter }: FileSample): Recognised | undefined {
  if (delimiter !== format.delimiter) return undefined;
  const header = headerIndex(format, rows);
  const fits =
    header < 0
      ? fitsRows(format, rows) || fitsKeys(format, rows) || fitsArrays(format, rows)
      : fitsValues(format, rows, header);
  return fits ? { format, header } : undefined;
}

/** Index of the first row that has all names of one of the format's headers; −1 when none has. */
function headerIndex({ headers = [], columns }: BarFormat, rows: readonly SampleRow[]): number {
  // Some formats find columns by their places, which count from 1. Then all names up to the last such place must be in their places.
  const lastPlace = Math.max(0, ...Object.values(columns).filter((ref) => typeof ref === 'number'));
  const fits = (texts: readonly string[], refs: readonly ColumnRef[]): boolean =>
    refs.every((ref, index) => (index < lastPlace ? refIndex(texts, ref) === index : refIndex(texts, ref) >= 0));
  return rows.slice(0, HEADER_ROWS_MAX).findIndex(({ texts }) => headers.some((refs) => fits(texts, refs)));
}

/** True when the first row below the header fits the format's patterns. Formats with the same header differ in them. */
function fitsValues({ price, stamp, columns }: BarFormat, rows: readonly SampleRow[], header: number): boolean {
  const names = rows[header]?.texts ?? [];
  const first = rows[header + 1]?.texts;
  if (first === undefined) return true;
  const fits = (pattern: RegExp | undefined, ref: ColumnRef): boolean =>
    pattern?.test(first[refIndex(names, ref)] ?? '') ?? true;
  return fits(price, columns.open) && fits(stamp, columns.time);
}

/** True when the first row and nearly all rows match the format's pattern of a row. */
function fitsRows({ row, delimiter }: BarFormat, rows: readonly SampleRow[]): boolean {
  if (row === undefined) return false;
  const fitting = rows.map(({ texts }) => row.test(texts.join(delimiter)));
  return fitting[0] === true && fitting.filter(Boolean).length >= ROWS_FITTING_MIN * rows.length;
}

/** True when JSON objects have the format's keys, and values that fit its patterns. The first row has the keys themselves. */
function fitsKeys(format: BarFormat, rows: readonly SampleRow[]): boolean {
  const { keys, under } = format;
  const [first, second] = rows;
  if (keys === undefined || first?.isHeader !== true) return false;
  const isUnder = under?.test(lastKey(second?.group ?? '')) ?? true;
  return isUnder && keys.every((key) => first.texts.includes(key)) && fitsValues(format, rows, 0);
}

/** True when JSON arrays have the format's length, digits of the time and order of prices. */
function fitsArrays({ arrays, columns }: BarFormat, rows: readonly SampleRow[]): boolean {
  const [first] = rows;
  if (arrays === undefined || first === undefined || first.isHeader) return false;
  if (first.texts.length !== arrays.length || first.texts[0]?.length !== arrays.timeDigits) return false;
  // In the right order, high and low are the extremes. A column is a place, from 1.
  return rows.every(({ texts }) => {
    const [open, high, low, close] = PRICE_NAMES.map((name) => Number(texts[Number(columns[name]) - 1]));
    return high! >= open! && high! >= close! && low! <= open! && low! <= close!;
  });
}
