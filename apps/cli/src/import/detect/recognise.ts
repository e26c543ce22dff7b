/** Finds the named format that a file fits, and the headers of several lines that pandas writes for yfinance. Pure. */
import { type BarFormat, type ColumnRef, FORMATS } from '../formats/index.js';
import { FilePlanError, PRICE_NAMES, type ValueFields } from '../reading/index.js';
import { lastKey } from '../rows/index.js';
import { refIndex, unusableHeader } from './columns.js';
import type { FileSample, SampleRow } from './sample.js';

/** A header stands within the first rows: titles, addresses and comments may come before it. */
export const HEADER_ROWS_MAX = 60;
const ROWS_FITTING_MIN = 0.8;

export interface Recognised {
  format: BarFormat;
  /** Index of the header in the sample; undefined for a file without one. */
  header: number | undefined;
}

/** Formats of a name: `databento` stands for `databento` and `databento-pretty`, `histdata` for both of HistData's. */
export function formatsNamed(name: string): readonly BarFormat[] {
  const isFamily = (format: BarFormat): boolean =>
    format.name.startsWith(`${name}-`) ||
    (format.name.startsWith(name) && /^\d+$/.test(format.name.slice(name.length)));
  return FORMATS.filter((format) => format.name === name || isFamily(format));
}

/** The format that the user named. @throws FilePlanError when the file does not fit it */
export function namedFormat(name: string, sample: FileSample): Recognised {
  const formats = formatsNamed(name);
  for (const format of formats) {
    const found = fit(format, sample, false);
    if (found !== undefined) return found;
  }
  const [format] = formats;
  if (format === undefined) throw unusableHeader(`expected a format of --list-formats, was "${name}"`);
  const row = sample.rows[0]?.raw.slice(0, 120) ?? 'an empty file';
  throw unusableHeader(`expected rows of ${name} such as ${format.example.join(' / ')}, was ${row}`);
}

/**
 * The one format that a file fits; undefined when it fits none. A fitting file name decides between formats whose rows
 * look alike. @throws FilePlanError
 */
export function recognise(sample: FileSample): Recognised | undefined {
  const fitting = FORMATS.flatMap((format) => fit(format, sample, true) ?? []);
  const named = fitting.filter(({ format }) => format.file?.test(sample.fileName));
  const chosen = named.length > 0 ? named : fitting;
  if (chosen.length > 1) {
    const names = chosen.map(({ format }) => format.name).join(' or ');
    throw new FilePlanError('ambiguous-format', `the rows fit ${names}: name one with --format`);
  }
  return chosen[0];
}

/** Formats whose rows look like those of the file, while its name does not show which one it is. */
export function lookalikes(sample: FileSample): string[] {
  const formats = FORMATS.filter(({ needsFile }) => needsFile === true);
  return formats.filter((format) => fit({ ...format, headers: undefined }, sample, false)).map(({ name }) => name);
}

function fit(format: BarFormat, { rows, delimiter, fileName }: FileSample, byName: boolean): Recognised | undefined {
  const isJson = format.arrays !== undefined || format.keys !== undefined;
  if (delimiter !== (isJson ? undefined : (format.delimiter ?? ','))) return undefined;
  if (byName && format.needsFile === true && format.file?.test(fileName) !== true) return undefined;
  const header = headerIndex(format, rows);
  const fits =
    header === undefined ? fitsRows(format, rows) || fitsJson(format, rows) : fitsValues(format, rows, header);
  return fits ? { format, header } : undefined;
}

function headerIndex({ headers = [] }: BarFormat, rows: readonly SampleRow[]): number | undefined {
  const first = rows.slice(0, HEADER_ROWS_MAX);
  const index = first.findIndex(({ texts }) => headers.some((refs) => refs.every((ref) => refIndex(texts, ref) >= 0)));
  return index < 0 ? undefined : index;
}

function fitsValues({ price, stamp, columns }: BarFormat, rows: readonly SampleRow[], header: number): boolean {
  const [names, first] = [rows[header]?.texts ?? [], rows[header + 1]?.texts];
  if (first === undefined) return true;
  const fits = (pattern: RegExp | undefined, ref: ColumnRef): boolean =>
    pattern?.test(first[refIndex(names, ref)] ?? '') ?? true;
  return fits(price, columns.open) && fits(stamp, columns.time);
}

function fitsRows({ row }: BarFormat, rows: readonly SampleRow[]): boolean {
  if (row === undefined || rows.length === 0) return false;
  const fitting = rows.filter(({ raw }) => row.test(raw)).length;
  return row.test(rows[0]?.raw ?? '') && fitting >= ROWS_FITTING_MIN * rows.length;
}

function fitsJson({ arrays, keys, under, columns }: BarFormat, rows: readonly SampleRow[]): boolean {
  const [first] = rows;
  if (first === undefined) return false;
  const isUnder = under?.test(lastKey(rows[1]?.group ?? '')) ?? true;
  if (keys !== undefined) return isUnder && first.isHeader && keys.every((key) => first.texts.includes(key));
  if (arrays === undefined || first.isHeader) return false;
  if (first.texts.length !== arrays.length || first.texts[0]?.length !== arrays.timeDigits) return false;
  return rows.every(({ texts }) => {
    const [open, high, low, close] = PRICE_NAMES.map((name) => Number(texts[Number(columns[name]) - 1]));
    return high! >= open! && high! >= close! && low! <= open! && low! <= close!;
  });
}

interface WideHeader {
  values: (ValueFields & { symbol: string })[];
  time: number;
  fieldsMax: number;
  /** Lines up to this one are the header. */
  lastLine: number;
}

const LABELS = new Set('open,high,low,close,adj close,volume,dividends,stock splits,capital gains'.split(','));

/**
 * The header of a file in which a row has the bars of all symbols: one line names the values, one the symbols. Undefined for a file
 * with an ordinary header.
 */
export function wideHeader(rows: readonly SampleRow[], hasVolume: boolean): WideHeader | undefined {
  const [first, second, third] = rows;
  if (first === undefined || second === undefined || first.texts.length < 6) return undefined;
  const labelRow = [first, second].find(({ texts }) => texts.slice(1).every((text) => LABELS.has(text.toLowerCase())));
  const symbolRow = labelRow === first ? second : first;
  const areSymbols = symbolRow.texts.slice(1).every((text) => text !== '' && !LABELS.has(text.toLowerCase()));
  const isNumeric = symbolRow.texts.slice(1).some((text) => Number.isFinite(Number(text)));
  if (labelRow === undefined || symbolRow.texts.length !== labelRow.texts.length || !areSymbols || isNumeric)
    return undefined;
  const isNamed =
    third !== undefined && /^date/i.test(third.texts[0] ?? '') && third.texts.slice(1).every((text) => text === '');
  const values = valuesOf(symbolRow.texts, labelRow.texts, hasVolume);
  if (values.length === 0) return undefined;
  return { values, time: 0, fieldsMax: first.texts.length, lastLine: (isNamed ? third : second).line };
}

function valuesOf(symbols: readonly string[], labels: readonly string[], hasVolume: boolean): WideHeader['values'] {
  const fields = new Map<string, Map<string, number>>();
  for (const [field, label] of labels.entries()) {
    const symbol = symbols[field] ?? '';
    if (field === 0) continue;
    const known = fields.get(symbol) ?? new Map<string, number>();
    fields.set(symbol, known.set(label.toLowerCase(), field));
  }
  return [...fields].flatMap(([symbol, of]) => {
    const [open, high, low, close] = PRICE_NAMES.map((name) => of.get(name));
    const volume = hasVolume ? of.get('volume') : undefined;
    if (open === undefined || high === undefined || low === undefined || close === undefined) return [];
    return [{ symbol, open, high, low, close, volume: volume === undefined ? [] : [volume] }];
  });
}
